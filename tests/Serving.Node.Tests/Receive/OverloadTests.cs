using System.Net;
using System.Text;
using Serving.Contracts.State;
using Serving.Node.Tests.Kit;
using Testing;
using Testing.Load;
using Testing.Models;

namespace Serving.Node.Tests.Receive;

/// <summary>An endpoint that gets ten times what it can do, beside one that gets what it can do. A request of the slow model takes about 20 ms.</summary>
public sealed class OverloadTests : IAsyncLifetime
{
    private static readonly byte[] _slow = Encoding.UTF8.GetBytes("""{"inputs":{"n":20000,"x":[1,2,3,4]}}""");
    private static readonly TimeSpan _budget = TimeSpan.FromSeconds(5);

    private StateFolder? _state;
    private NodeProcess? _node;

    [Fact]
    public async Task F70_Ten_times_too_much_is_refused_at_once_and_what_is_accepted_is_answered_in_time()
    {
        await using (var warm = OpenLoopLoad.Start(300, _node!.Url + "/predict/slow", _slow))
            await Eventually.TrueAsync(() => warm.History.Count > 300, TimeSpan.FromSeconds(30), "warm");
        var memory = _node.Process.ResidentBytes();

        await using var much = OpenLoopLoad.Start(600, _node.Url + "/predict/slow", _slow);
        await using var little = OpenLoopLoad.Start(20, _node.Url + "/predict/add", Encoding.UTF8.GetBytes("""{"inputs":{"x":[1]}}"""));
        await Eventually.TrueAsync(() => little.History.Count >= 80 && much.History.Count(sent => sent.Status == 200) >= 50, TimeSpan.FromSeconds(60), "enough requests");
        var all = await much.StopAsync();
        var others = await little.StopAsync();

        Assert.Subset(new HashSet<int> { 200, 429 }, all.Select(sent => sent.Status).ToHashSet());
        Assert.InRange(all.Count(sent => sent.Status == 429), all.Count / 2, all.Count);
        Assert.All(all.Where(sent => sent.Status == 200), sent => Assert.InRange(sent.Took, TimeSpan.Zero, _budget));
        Assert.All(others, sent => Assert.Equal(200, sent.Status));
        Assert.InRange(_node.Process.ResidentBytes() - memory, long.MinValue, 64L << 20);
    }

    [Fact]
    public async Task F70_A_refusal_says_when_to_come_again_and_who_refused()
    {
        await using var much = OpenLoopLoad.Start(600, _node!.Url + "/predict/slow", _slow);
        var refused = await Eventually.GetAsync(
            () => _node.Client.PostAsync("/predict/slow", new ByteArrayContent(_slow)), answer => answer.StatusCode == HttpStatusCode.TooManyRequests, TimeSpan.FromSeconds(30), "a refusal");

        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter!.Delta);
        Assert.Contains("ResourceExhausted", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("stable", Assert.Single(refused.Headers.GetValues("X-Arm")));
    }

    public async ValueTask InitializeAsync()
    {
        _state = new StateFolder()
            .Serve("slow", await File.ReadAllBytesAsync(Path.Combine(Repository.Shared, "models", "odd", "slow_loop.onnx")), new LimitsState(MaxConcurrency: 16, DeadlineMs: (int)_budget.TotalMilliseconds))
            .Serve("add", TinyModel.Add(1))
            .Write();
        _node = await NodeProcess.StartAsync(_state);
    }

    public async ValueTask DisposeAsync()
    {
        if (_node is not null)
            await _node.DisposeAsync();
        _state!.Dispose();
    }
}
