using System.Net;
using System.Text;
using Serving.Node.Tests.Kit;
using Testing;
using Testing.Load;

namespace Serving.Node.Tests.Hosting;

public sealed class DrainTests
{
    [Fact]
    public async Task F71_A_terminated_node_says_not_ready_answers_what_it_has_and_ends_well()
    {
        using var state = new StateFolder()
            .Serve("slow", await File.ReadAllBytesAsync(Path.Combine(Repository.Shared, "models", "odd", "slow_loop.onnx")))
            .Write();
        await using var node = await NodeProcess.StartAsync(state);
        await using var load = OpenLoopLoad.Start(20, node.Url + "/predict/slow", Encoding.UTF8.GetBytes("""{"inputs":{"n":20000,"x":[1,2,3,4]}}"""));
        await Eventually.TrueAsync(() => load.History.Count > 20, TimeSpan.FromSeconds(30), "load");
        var longOne = node.Client.PostAsync("/predict/slow", new StringContent("""{"inputs":{"n":2000000,"x":[1,2,3,4]}}"""));

        node.Process.SendTerminate();
        // Balancers go on until they see it: the load stops when the node says so, as a gateway would.
        await Eventually.TrueAsync(async () => (await node.Client.GetAsync("/healthz/ready")).StatusCode == HttpStatusCode.ServiceUnavailable, TimeSpan.FromSeconds(5), "not ready");
        using var late = await node.Client.PostAsync("/predict/slow", new StringContent("""{"inputs":{"n":10,"x":[1,2,3,4]}}"""));
        var sent = await load.StopAsync();
        using var answered = await longOne;
        var code = await node.Process.WaitForExitAsync(TimeSpan.FromSeconds(30));

        Assert.All(sent, one => Assert.Equal(200, one.Status));
        Assert.Equal(HttpStatusCode.OK, late.StatusCode);
        Assert.True(late.Headers.ConnectionClose);
        Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
        Assert.Equal(0, code);
    }
}
