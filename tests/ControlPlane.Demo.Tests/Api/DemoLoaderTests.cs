using Testing;
using Testing.Processes;

namespace ControlPlane.Demo.Tests.Api;

public sealed class DemoLoaderTests
{
    private static readonly TimeSpan _soon = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task Loads_versions_endpoints_and_two_canaries_and_changes_nothing_the_second_time()
    {
        await using var plane = await ControlPlaneFake.StartAsync();

        await using var first = Load(plane);
        Assert.True(await first.WaitForExitAsync(_soon) == 0, first.Output);
        var changes = plane.Changes.ToArray();
        await using var second = Load(plane);
        Assert.True(await second.WaitForExitAsync(_soon) == 0, second.Output);

        Assert.Collection(
            changes,
            change => Assert.StartsWith("POST models ", change, StringComparison.Ordinal),
            change => Assert.Equal("UPLOAD fraud 1", change),
            change => Assert.Equal("UPLOAD fraud 2", change),
            change => Assert.Equal("UPLOAD fraud 3", change),
            change => Assert.StartsWith("POST environments/production/endpoints {\"name\":\"fraud\"", change, StringComparison.Ordinal),
            change => Assert.Equal("POST environments/production/endpoints/fraud/deploy {\"model\":\"fraud\",\"version\":\"1\",\"strategy\":\"allAtOnce\"}", change),
            change => Assert.StartsWith("POST environments/production/endpoints {\"name\":\"checkout\"", change, StringComparison.Ordinal),
            change => Assert.StartsWith("POST environments/production/endpoints/checkout/deploy ", change, StringComparison.Ordinal),
            change => Assert.StartsWith("POST environments/production/endpoints/fraud/rollouts {\"release\":{\"model\":\"fraud@2\"}", change, StringComparison.Ordinal),
            change => Assert.Equal("POST rollouts/1/submit {}", change),
            change => Assert.StartsWith("POST environments/production/endpoints/checkout/rollouts {\"release\":{\"model\":\"fraud@3\"}", change, StringComparison.Ordinal),
            change => Assert.Equal("POST rollouts/2/submit {}", change),
            change => Assert.Equal("POST rollouts/2/start {}", change));
        Assert.Equal(changes.Length, plane.Changes.Count);
    }

    [Fact]
    public async Task Says_why_a_version_was_rejected()
    {
        await using var plane = await ControlPlaneFake.StartAsync();
        plane.Verdict = "Rejected";

        await using var load = Load(plane);

        Assert.Equal(1, await load.WaitForExitAsync(_soon));
        await Eventually.TrueAsync(() => load.Output.Contains("Version 1 was rejected: [\"a reason\"]", StringComparison.Ordinal), _soon, "the reason is shown");
    }

    [Theory]
    [InlineData("load", "--server", "nonsense", "--token", "x")]
    [InlineData("traffic", "--gateway", "http://127.0.0.1:1", "--rate", "-3")]
    [InlineData("dance")]
    public async Task Wrong_arguments_end_it_with_two(params string[] arguments)
    {
        await using var process = ChildProcess.Start(Repository.Program("ControlPlane.Demo"), arguments);

        Assert.Equal(2, await process.WaitForExitAsync(_soon));
    }

    private static ChildProcess Load(ControlPlaneFake plane) => ChildProcess.Start(
        Repository.Program("ControlPlane.Demo"), ["load", "--server", plane.Address], new Dictionary<string, string?> { ["CPCTL_TOKEN"] = "secret" });
}
