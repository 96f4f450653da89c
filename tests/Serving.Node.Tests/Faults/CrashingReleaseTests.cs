using System.Net;
using System.Text.Json;
using Serving.Contracts.Reports;
using Serving.Contracts.State;
using Serving.Node.Tests.Kit;
using Testing;
using Testing.Models;
using Testing.Processes;

namespace Serving.Node.Tests.Faults;

/// <summary>Releases in a process of their own that die of an input, of loading, or with their node. What dies in the serving process itself is tested behind the gateway.</summary>
public sealed class CrashingReleaseTests
{
    private const double Poison = 666;

    [Fact]
    public async Task F61_A_candidate_that_crashes_on_an_input_is_answered_for_by_the_stable_arm_and_quarantined_the_third_time()
    {
        await using var site = await Site.CreateAsync();
        var plan = site.Plan.With(out var stable, "1", TinyModel.Add(1)).With(out var candidate, "2", TinyModel.Add(2), isolation: RuntimeConfiguration.Process);
        var split = plan.Splitting("e", candidate, 5_000, stable).Next().Seal();
        site.ControlPlane.Serve(split.Utf8.ToArray(), split.ContentHash);
        site.StartNode(("FAILPOINTS", $"model.run.{candidate}=segfault@{Poison}"));
        await site.Node.ReadyAsync(TimeSpan.FromSeconds(60));
        var pid = site.Node.Process.Id;
        await using var load = site.Load();
        await Eventually.TrueAsync(() => load.History.Any(request => request.Release == candidate), TimeSpan.FromSeconds(20), "the candidate has answered");

        var poisoned = new List<(HttpStatusCode, string)>();
        var quarantined = await Eventually.GetAsync(
            async () =>
            {
                var (answer, body) = await site.PostAsync(Poison);
                poisoned.Add((answer.StatusCode, body));
                return site.ControlPlane.Reports.LastOrDefault();
            },
            report => report?.Rejected is not null, TimeSpan.FromSeconds(60), "a refusal");
        var crashes = await site.MetricAsync("serving_worker_crashes_total");
        var history = await load.StopAsync();

        Assert.All(poisoned, one => Assert.True(one is (HttpStatusCode.OK, _) && one.Item2.Contains("667", StringComparison.Ordinal), one.ToString()));
        Assert.Equal((RejectionReasons.CrashLoop, candidate), (quarantined!.Rejected!.Reason, quarantined.Rejected.Release));
        Assert.Contains("signal 11", quarantined.Rejected.Detail, StringComparison.Ordinal);
        Assert.Equal(candidate, Assert.Single(quarantined.Quarantined).Release);
        Assert.Equal(3, crashes);
        Assert.All(history, request => Assert.True(request.Status == 200, request.Text));
        Assert.Contains(history, request => request.Release == candidate);
        Assert.Equal((pid, false), (site.Node.Process.Id, site.Node.Process.HasExited));
        Assert.Empty(site.Workers());
    }

    [Fact]
    public async Task F61_A_crash_without_another_arm_costs_its_request_502_once_and_the_next_503_until_it_runs_again()
    {
        await using var site = await Site.CreateAsync();
        var plan = site.Plan.With(out var only, "1", TinyModel.Add(1), isolation: RuntimeConfiguration.Process).Serving("e", only).Next().Seal();
        site.ControlPlane.Serve(plan.Utf8.ToArray(), plan.ContentHash);
        site.StartNode(("FAILPOINTS", $"model.run.{only}=crash@{Poison}"));
        await site.Node.ReadyAsync(TimeSpan.FromSeconds(60));

        var (poisoned, body) = await site.PostAsync(Poison);
        var (next, _) = await site.PostAsync(1);
        await Eventually.TrueAsync(async () => (await site.PostAsync(1)).Answer.IsSuccessStatusCode, TimeSpan.FromSeconds(20), "runs again");

        Assert.Equal(HttpStatusCode.BadGateway, poisoned.StatusCode);
        Assert.Contains("WorkerCrashed", body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, next.StatusCode);
        Assert.NotNull(next.Headers.RetryAfter);
        Assert.Equal((1, 1), (await site.MetricAsync("serving_worker_crashes_total"), await site.MetricAsync("serving_worker_restarts_total")));
        Assert.Equal(2, await site.AskAsync());
    }

    [Fact]
    public async Task F61_A_quarantined_release_runs_again_when_it_is_forgiven_by_a_state_without_and_with_it()
    {
        await using var site = await Site.CreateAsync();
        var plan = site.Plan.With(out var stable, "1", TinyModel.Add(1)).With(out var candidate, "2", TinyModel.Add(2), isolation: RuntimeConfiguration.Process);
        var split = plan.Splitting("e", candidate, Bucket.Count, stable).Next();
        site.ControlPlane.Serve(split.Seal().Utf8.ToArray(), split.Seal().ContentHash);
        site.StartNode(("FAILPOINTS", $"model.run.{candidate}=crash@{Poison}"));
        await site.Node.ReadyAsync(TimeSpan.FromSeconds(60));
        await Eventually.GetAsync(
            async () => (await site.PostAsync(Poison), site.ControlPlane.Reports.LastOrDefault()).Item2,
            report => report?.Rejected is not null, TimeSpan.FromSeconds(60), "a refusal");

        await site.ControlPlane.PublishAsync(split.Serving("e", stable).Next().Seal());
        var back = await site.ControlPlane.ReportAsync(report => report is { AppliedRevision: 2, Rejected: null });
        await site.ControlPlane.PublishAsync(split.Next().Next().Seal());
        var again = await site.ControlPlane.ReportAsync(report => report.Rejected?.Revision == 3);

        Assert.Equal(stable, Assert.Single(back.Serving).Release);
        Assert.Equal((RejectionReasons.CrashLoop, 2L), (again.Rejected!.Reason, again.AppliedRevision));
        Assert.Equal(2, await site.AskAsync());
    }

    [Fact]
    public async Task F62_A_release_whose_process_dies_of_loading_it_is_quarantined_the_third_time_and_the_node_serves_on()
    {
        await using var site = await Site.CreateAsync();
        var (plan, first) = await site.ServeFirstAsync();
        var next = plan.With(out var second, "2", TinyModel.Add(2), isolation: RuntimeConfiguration.Process).Serving("e", second).Next().Seal();
        await site.RestartNodeAsync(("FAILPOINTS", $"worker.load.{second}=crash"));
        await site.Node.ReadyAsync(TimeSpan.FromSeconds(30));
        var pid = site.Node.Process.Id;
        await using var load = site.Load();

        await site.ControlPlane.PublishAsync(next);
        var refused = await site.ControlPlane.ReportAsync(report => report.Rejected is not null);
        var quarantined = await site.ControlPlane.ReportAsync(report => report.Rejected?.Reason == RejectionReasons.CrashLoop);
        var history = await load.StopAsync();

        Assert.Equal((RejectionReasons.WorkerCrashed, second), (refused.Rejected!.Reason, refused.Rejected.Release));
        Assert.Contains("signal 9", refused.Rejected.Detail, StringComparison.Ordinal);
        Assert.Equal(second, Assert.Single(quarantined.Quarantined).Release);
        Assert.Equal(first, Assert.Single(quarantined.Serving).Release);
        Assert.All(history, request => Assert.Equal((200, first), (request.Status, request.Release)));
        Assert.Equal((pid, false), (site.Node.Process.Id, site.Node.Process.HasExited));
    }

    [Fact, System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task A_killed_node_takes_its_workers_with_it_and_its_sockets_are_its_users_alone()
    {
        await using var site = await Site.CreateAsync();
        var plan = site.Plan.With(out var only, "1", TinyModel.Add(1), isolation: RuntimeConfiguration.Process).Serving("e", only).Next().Seal();
        site.ControlPlane.Serve(plan.Utf8.ToArray(), plan.ContentHash);
        site.StartNode();
        await site.Node.ReadyAsync(TimeSpan.FromSeconds(60));
        var workers = site.Workers();
        var mode = File.GetUnixFileMode(Path.Combine(site.Cache, "workers"));

        site.Node.Process.Kill();
        await Eventually.TrueAsync(() => site.Workers().Count == 0, TimeSpan.FromSeconds(5), "no worker is left");

        Assert.Single(workers);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, mode);
    }

    [Fact]
    public async Task F64_A_process_over_its_own_releases_limit_is_replaced_although_the_node_allows_more()
    {
        await using var site = await Site.CreateAsync();
        var plan = site.Plan.With(out var leaking, "1", TinyModel.Add(1), isolation: RuntimeConfiguration.Process, memory: 192 << 20)
            .With(out var other, "2", TinyModel.Add(2), isolation: RuntimeConfiguration.Process).Serving("e", leaking).Serving("other", other).Next().Seal();
        site.ControlPlane.Serve(plan.Utf8.ToArray(), plan.ContentHash);
        site.StartNode(("FAILPOINTS", $"model.run.{leaking}=leak(1048576);model.run.{other}=leak(1048576)"), ("Node__WorkerMemory", $"{4L << 30}"));
        await site.Node.ReadyAsync(TimeSpan.FromSeconds(60));
        var before = site.Workers();
        await using var load = site.Load();
        await using var beside = site.Load(endpoint: "other");

        await Eventually.TrueAsync(async () => await site.MetricAsync("serving_worker_recycled_total") >= 1, TimeSpan.FromSeconds(60), "replaced");
        var history = (await load.StopAsync()).Concat(await beside.StopAsync()).ToList();

        Assert.All(history, request => Assert.True(request.Status == 200, request.Text));
        await Eventually.TrueAsync(() => site.Node.Process.Output.Contains("more than its limit of 192 MiB", StringComparison.Ordinal), TimeSpan.FromSeconds(10), "the log says why");
        Assert.DoesNotContain("more than its limit of 4096 MiB", site.Node.Process.Output, StringComparison.Ordinal);
        await Eventually.TrueAsync(() => site.Workers().Intersect(before).Count() == 1, TimeSpan.FromSeconds(10), "the other release has the worker it had");
    }

    [Fact]
    public async Task A_release_that_needs_more_than_its_limit_when_it_is_warm_is_refused_and_no_process_is_left()
    {
        await using var site = await Site.CreateAsync();
        var (plan, first) = await site.ServeFirstAsync();
        var next = plan.With(out var large, "2", TinyModel.Add(2), isolation: RuntimeConfiguration.Process, memory: RuntimeConfiguration.LeastMemory).Serving("e", large).Next().Seal();
        await site.RestartNodeAsync(("FAILPOINTS", $"model.run.{large}=leak(8388608)"));
        await site.Node.ReadyAsync(TimeSpan.FromSeconds(30));

        await site.ControlPlane.PublishAsync(next);
        var refused = await site.ControlPlane.ReportAsync(report => report.Rejected is not null);

        Assert.Equal((RejectionReasons.LoadFailed, large), (refused.Rejected!.Reason, refused.Rejected.Release));
        Assert.Contains("more than its limit of 64 MiB", refused.Rejected.Detail, StringComparison.Ordinal);
        Assert.Equal(first, Assert.Single(refused.Serving).Release);
        await Eventually.TrueAsync(() => site.Workers().Count == 0, TimeSpan.FromSeconds(10), "no worker is left");
    }

    [Fact]
    public async Task F64_A_process_that_holds_too_much_memory_is_replaced_by_a_new_one_first_and_fails_no_request()
    {
        await using var site = await Site.CreateAsync();
        var plan = site.Plan.With(out var leaking, "1", TinyModel.Add(1), isolation: RuntimeConfiguration.Process).Serving("e", leaking).Next().Seal();
        site.ControlPlane.Serve(plan.Utf8.ToArray(), plan.ContentHash);
        site.StartNode(("FAILPOINTS", $"model.run.{leaking}=leak(1048576)"), ("Node__WorkerMemory", $"{256 << 20}"));
        await site.Node.ReadyAsync(TimeSpan.FromSeconds(60));
        var (pid, first, before) = (site.Node.Process.Id, Assert.Single(site.Workers()), site.Node.Process.ResidentBytes());
        await using var load = site.Load(100);

        await Eventually.TrueAsync(async () => await site.MetricAsync("serving_worker_recycled_total") >= 2, TimeSpan.FromSeconds(60), "replaced twice");
        var history = await load.StopAsync();
        await Eventually.TrueAsync(() => site.Workers().Count == 1, TimeSpan.FromSeconds(10), "one worker is left");

        Assert.All(history, request => Assert.True(request.Status == 200, request.Text));
        Assert.DoesNotContain(first, site.Workers());
        Assert.Equal(0, await site.MetricAsync("serving_worker_crashes_total"));
        Assert.Contains("more than its limit of 256 MiB", site.Node.Process.Output, StringComparison.Ordinal);
        Assert.Equal((pid, false), (site.Node.Process.Id, site.Node.Process.HasExited));
        // The node itself did not grow with what its workers lost.
        Assert.InRange(site.Node.Process.ResidentBytes(), 0, before + (64 << 20));
    }
}
