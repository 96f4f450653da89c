using System.Net;
using System.Text;
using Serving.Contracts.State;
using Serving.Node.Tests.Kit;
using Testing;
using Testing.Load;
using Testing.Models;

namespace Serving.Node.Tests.Receive;

public sealed class EndlessModelTests
{
    private const int Endless = 4;

    [Fact]
    public async Task Several_models_that_never_end_hold_up_nobody_else()
    {
        var endless = await File.ReadAllBytesAsync(Path.Combine(Repository.Shared, "models", "odd", "infinite_loop.onnx"));
        using var state = new StateFolder().Serve("add", TinyModel.Add(1));
        for (var i = 0; i < Endless; i++)
            state.Serve($"endless{i}", endless, new LimitsState(DeadlineMs: 4_000));
        await using var node = await NodeProcess.StartAsync(state.Write());
        await using var others = OpenLoopLoad.Start(50, node.Url + "/predict/add", Encoding.UTF8.GetBytes("""{"inputs":{"x":[1]}}"""));
        await Eventually.TrueAsync(() => others.History.Count > 20, TimeSpan.FromSeconds(20), "warm");

        var began = others.History.Count;
        var stuck = Enumerable.Range(0, 4 * Endless).Select(i => node.Client.PostAsync($"/predict/endless{i % Endless}", new StringContent("""{"inputs":{"x":[1,2,3,4]}}"""))).ToArray();
        var ended = await Task.WhenAll(stuck);
        var sent = (await others.StopAsync()).Skip(began).ToList();

        Assert.All(ended, answer => Assert.Equal(HttpStatusCode.GatewayTimeout, answer.StatusCode));
        Assert.InRange(sent.Count, 100, int.MaxValue);
        Assert.All(sent, one => Assert.Equal(200, one.Status));
        // Below the deadline of the endless ones: nobody waited for their end. The cores themselves are shared with them.
        Assert.True(sent.Max(one => one.Took) < TimeSpan.FromSeconds(3.5), string.Join(' ', sent.Select(one => (int)one.Took.TotalMilliseconds).OrderDescending().Take(20)));
    }
}
