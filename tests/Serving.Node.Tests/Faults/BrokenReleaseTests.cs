using System.Text;
using Serving.Contracts.Reports;
using Serving.Node.Tests.Kit;
using Testing;
using Testing.Models;

namespace Serving.Node.Tests.Faults;

/// <summary>Releases that do not load, answer wrongly, or take a process down.</summary>
public sealed class BrokenReleaseTests
{
    public static TheoryData<string, string> Unloadable => new()
    {
        { "UnknownOperator", "NoSuchOperator" },
        { "opset_99", "99" },
        { "cycle", "ONNX Runtime" },
        { "type_mismatch", "Type" },
    };

    [Theory, MemberData(nameof(Unloadable))]
    public async Task F58_A_release_that_does_not_load_is_refused_with_the_runtimes_message_and_costs_no_request(string model, string says)
    {
        await using var site = await Site.CreateAsync();
        var (plan, first) = await site.ServeFirstAsync();
        plan = plan.With(out var other, "9", TinyModel.Add(9)).Serving("other", other).Next();
        await site.ControlPlane.PublishAsync(plan.Seal());
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 2);
        await using var load = site.Load();
        await using var loadOfOther = site.Load(endpoint: "other");
        var broken = model == "UnknownOperator" ? TinyModel.UnknownOperator() : await File.ReadAllBytesAsync(Path.Combine(Repository.Shared, "models", "bad", model + ".onnx"));

        var bad = plan.With(out var second, "2", broken);
        await site.ControlPlane.PublishAsync(bad.Warm(second).Next().Seal());
        var warm = await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 3 && report.Rejected is not null);
        await site.ControlPlane.PublishAsync(bad.Serving("e", second).Next().Next().Seal());
        var refused = await site.ControlPlane.ReportAsync(report => report.Rejected?.Revision == 4);
        var histories = (await load.StopAsync()).Concat(await loadOfOther.StopAsync()).ToList();

        Assert.All([warm, refused], report => Assert.Equal((RejectionReasons.LoadFailed, second), (report.Rejected!.Reason, report.Rejected.Release)));
        Assert.Contains(says, refused.Rejected!.Detail, StringComparison.Ordinal);
        Assert.Equal(3, refused.AppliedRevision);
        Assert.NotEmpty(histories);
        Assert.All(histories, request => Assert.Equal(200, request.Status));
        Assert.All(histories, request => Assert.Contains(request.Release, new[] { first, other }));
    }

    [Fact]
    public async Task F60_A_probe_that_found_no_idle_time_goes_again_with_a_share_of_its_own_and_its_release_is_taken()
    {
        await using var site = await Site.CreateAsync();
        var (plan, _) = await site.ServeFirstAsync();
        // A ninth of the limit is for idle time: 2 s, which the first probe does not end in.
        await site.RestartNodeAsync(("FAILPOINTS", "inspect.load=sleep(3000)"), ("Node__ProbeTimeout", "00:00:18"));
        await site.Node.ReadyAsync(TimeSpan.FromSeconds(30));
        var watch = System.Diagnostics.Stopwatch.StartNew();

        await site.ControlPlane.PublishAsync(plan.With(out var second, "2", TinyModel.Add(2)).Serving("e", second).Next().Seal());
        var taken = await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 2 || report.Rejected is not null);

        Assert.Null(taken.Rejected);
        Assert.Empty(taken.Quarantined);
        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(5), TimeSpan.MaxValue);
        Assert.Equal(3, await site.AskAsync());
    }

    [Theory, InlineData(126), InlineData(127), System.Runtime.Versioning.SupportedOSPlatform("linux")]
    public async Task F60_A_probe_that_cannot_be_started_says_so_and_quarantines_nothing(int exitCode)
    {
        await using var site = await Site.CreateAsync();
        var tools = Directory.CreateDirectory(Path.Combine(site.Root, "bin")).FullName;
        var (plan, _) = await site.ServeFirstAsync(("PATH", $"{tools}:{Environment.GetEnvironmentVariable("PATH")}"));
        var broken = Path.Combine(tools, "prlimit");
        await File.WriteAllTextAsync(broken, $"#!/bin/sh\necho prlimit: not here >&2\nexit {exitCode}\n");
        File.SetUnixFileMode(broken, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        await site.ControlPlane.PublishAsync(plan.With(out var second, "2", TinyModel.Add(2)).Serving("e", second).Next().Seal());
        var refused = await site.ControlPlane.ReportAsync(report => report.Rejected is not null);
        File.Delete(broken);
        var taken = await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 2 && report.Rejected is null);

        Assert.Equal(RejectionReasons.LoadFailed, refused.Rejected!.Reason);
        Assert.Contains("could not be started", refused.Rejected.Detail, StringComparison.Ordinal);
        Assert.Empty(refused.Quarantined);
        Assert.Empty(taken.Quarantined);
    }

    public static TheoryData<string, string, string> Wrong => new()
    {
        { "differs", """{"request":{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":[1]}]},"response":{"outputs":[{"name":"y","datatype":"FP32","shape":[1,1],"data":[4]}]}}""", "4" },
        { "shape", """{"request":{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":[1]}]},"response":{"outputs":[{"name":"y","datatype":"FP32","shape":[2,1],"data":[3,3]}]}}""", "shape" },
        { "notANumber", """{"request":{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":[1]}]},"response":{"outputs":[{"name":"y","datatype":"FP32","shape":[1,1],"data":[3]}]}}""", "y" },
    };

    [Theory, MemberData(nameof(Wrong))]
    public async Task F59_A_release_whose_golden_sample_gives_something_else_is_refused_with_the_difference(string kind, string golden, string says)
    {
        await using var site = await Site.CreateAsync();
        var (plan, _) = await site.ServeFirstAsync();
        var model = kind == "notANumber" ? TinyModel.NotANumber() : TinyModel.Add(2);

        await site.ControlPlane.PublishAsync(plan.With(out var second, "2", model, Encoding.UTF8.GetBytes(golden)).Serving("e", second).Next().Seal());
        var refused = await site.ControlPlane.ReportAsync(report => report.Rejected is not null);

        Assert.True(refused.Rejected!.Reason == RejectionReasons.SmokeFailed, refused.Rejected.Detail);
        Assert.Contains(says, refused.Rejected.Detail, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(2, await site.AskAsync());
    }

    [Fact]
    public async Task F60_A_native_crash_at_load_takes_only_the_probe_and_quarantines_the_release()
    {
        await using var site = await Site.CreateAsync();
        var (plan, first) = await site.ServeFirstAsync();
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 1);
        await site.RestartNodeAsync(("FAILPOINTS", "inspect.load=segfault"));
        await site.Node.ReadyAsync(TimeSpan.FromSeconds(30));
        var pid = site.Node.Process.Id;
        await using var load = site.Load();

        var next = plan.With(out var second, "2", TinyModel.Add(2)).Serving("e", second).Next();
        await site.ControlPlane.PublishAsync(next.Seal());
        var refused = await site.ControlPlane.ReportAsync(report => report.Rejected is not null);
        await site.ControlPlane.PublishAsync(next.Next().Seal());
        var again = await site.ControlPlane.ReportAsync(report => report.Rejected?.Revision == 3);
        var history = await load.StopAsync();

        Assert.Equal((RejectionReasons.ProbeCrashed, second), (refused.Rejected!.Reason, refused.Rejected.Release));
        Assert.Contains("signal 11", refused.Rejected.Detail, StringComparison.Ordinal);
        Assert.Equal(second, Assert.Single(refused.Quarantined).Release);
        Assert.Contains("quarantined", again.Rejected!.Detail, StringComparison.Ordinal);
        Assert.All(history, request => Assert.Equal((200, first), (request.Status, request.Release)));
        Assert.False(site.Node.Process.HasExited);
        Assert.Equal(pid, site.Node.Process.Id);
    }

    [Fact]
    public async Task F62_A_release_that_takes_the_process_down_three_times_is_quarantined_and_the_last_good_state_serves()
    {
        await using var site = await Site.CreateAsync();
        var (plan, first) = await site.ServeFirstAsync();
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 1);
        var next = plan.With(out var second, "2", TinyModel.Add(2)).Serving("e", second).Next().Seal();
        var crashing = ("FAILPOINTS", $"node.load.before.{second}=crash");
        site.ControlPlane.Serve(next.Utf8.ToArray(), next.ContentHash);

        for (var crash = 0; crash < 3; crash++)
        {
            await site.RestartNodeAsync(crashing);
            await site.Node.Process.WaitForExitAsync(TimeSpan.FromSeconds(30));
        }

        await site.RestartNodeAsync(crashing);
        await site.Node.ReadyAsync(TimeSpan.FromSeconds(30));
        var report = await site.ControlPlane.ReportAsync(report => report.Rejected is not null);

        Assert.Equal((RejectionReasons.CrashLoop, second), (report.Rejected!.Reason, report.Rejected.Release));
        Assert.Equal(second, Assert.Single(report.Quarantined).Release);
        Assert.Equal(first, Assert.Single(report.Serving).Release);
        Assert.Equal(2, await site.AskAsync());
        Assert.False(site.Node.Process.HasExited);
    }
}
