using System.Diagnostics;
using System.Net;
using Serving.Contracts.State;
using Serving.Node.Tests.Kit;
using Testing;
using Testing.Models;

namespace Serving.Node.Tests.Faults;

/// <summary>Runs that do not end, not even when they are told to, and runs that are slow.</summary>
public sealed class HangingReleaseTests
{
    private const double Poison = 666;
    private const int DeadlineMs = 500;

    [Theory, InlineData(RuntimeConfiguration.InProcess), InlineData(RuntimeConfiguration.Process)]
    public async Task F65_A_run_that_hangs_is_answered_504_at_its_deadline_and_harms_nobody_else(string isolation)
    {
        await using var site = await Site.CreateAsync();
        var plan = site.Plan.With(out var hanging, "1", TinyModel.Add(1), isolation: isolation).With(out var other, "9", TinyModel.Add(9))
            .Serving("e", hanging, new LimitsState(DeadlineMs: DeadlineMs)).Serving("other", other).Next().Seal();
        site.ControlPlane.Serve(plan.Utf8.ToArray(), plan.ContentHash);
        site.StartNode(("FAILPOINTS", $"model.run.{hanging}=hang@{Poison}"));
        await site.Node.ReadyAsync(TimeSpan.FromSeconds(60));
        await site.PostAsync(1);
        await using var load = site.Load();
        await using var loadOfOther = site.Load(endpoint: "other");

        var watch = Stopwatch.StartNew();
        var (answer, body) = await site.PostAsync(Poison);
        var took = watch.Elapsed;
        await Eventually.TrueAsync(() => load.History.Count > 150, TimeSpan.FromSeconds(30), "load");
        var histories = (await load.StopAsync()).Concat(await loadOfOther.StopAsync()).ToList();

        Assert.Equal(HttpStatusCode.GatewayTimeout, answer.StatusCode);
        Assert.Contains("DeadlineExceeded", body, StringComparison.Ordinal);
        Assert.InRange(took, TimeSpan.FromMilliseconds(DeadlineMs - 10), TimeSpan.FromMilliseconds(DeadlineMs + 500));
        Assert.All(histories, request => Assert.True(request.Status == 200, request.Text));
        Assert.Equal(1, await site.MetricAsync("serving_timeouts_total"));
        Assert.Equal(isolation == RuntimeConfiguration.InProcess ? 1 : 0, await site.MetricAsync("serving_stuck_runs"));
        Assert.Equal(isolation == RuntimeConfiguration.Process ? (1, 1) : (0, 0), (await site.MetricAsync("serving_worker_hangs_total"), await site.MetricAsync("serving_worker_restarts_total")));
    }

    [Fact]
    public async Task F65_Hangs_count_as_crashes_of_the_releases_own_process()
    {
        await using var site = await Site.CreateAsync();
        var plan = site.Plan.With(out var stable, "1", TinyModel.Add(1)).With(out var candidate, "2", TinyModel.Add(2), isolation: RuntimeConfiguration.Process)
            .Splitting("e", candidate, Bucket.Count, stable, new LimitsState(DeadlineMs: DeadlineMs)).Next().Seal();
        site.ControlPlane.Serve(plan.Utf8.ToArray(), plan.ContentHash);
        site.StartNode(("FAILPOINTS", $"model.run.{candidate}=hang@{Poison}"));
        await site.Node.ReadyAsync(TimeSpan.FromSeconds(60));

        var refused = await Eventually.GetAsync(
            async () => (await site.PostAsync(Poison), site.ControlPlane.Reports.LastOrDefault()).Item2, report => report?.Rejected is not null, TimeSpan.FromSeconds(60), "a refusal");
        var (answer, _) = await site.PostAsync(1);

        Assert.Equal(candidate, Assert.Single(refused!.Quarantined).Release);
        Assert.Equal("stable", Assert.Single(answer.Headers.GetValues("X-Arm")));
    }

    [Fact]
    public async Task F65_A_release_whose_every_run_hangs_says_so_at_once_and_others_run_on()
    {
        await using var site = await Site.CreateAsync();
        var plan = site.Plan.With(out var hanging, "1", TinyModel.Add(1)).With(out var other, "9", TinyModel.Add(9))
            .Serving("e", hanging, new LimitsState(DeadlineMs: DeadlineMs)).Serving("other", other).Next().Seal();
        site.ControlPlane.Serve(plan.Utf8.ToArray(), plan.ContentHash);
        site.StartNode(("FAILPOINTS", $"model.run.{hanging}=hang@{Poison}"));
        await site.Node.ReadyAsync(TimeSpan.FromSeconds(60));
        // As many as a small model has places; on a slow machine it may have fewer, and some of these find all of them stuck already.
        var callers = 4 * Math.Max(2, Environment.ProcessorCount);

        var hung = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => site.PostAsync(Poison)));
        await Eventually.TrueAsync(async () => (await site.PostAsync(1)).Answer.StatusCode == HttpStatusCode.ServiceUnavailable, TimeSpan.FromSeconds(10), "all are stuck");

        Assert.All(hung, one => Assert.Contains(one.Answer.StatusCode, new[] { HttpStatusCode.GatewayTimeout, HttpStatusCode.ServiceUnavailable }));
        Assert.InRange(hung.Count(one => one.Answer.StatusCode == HttpStatusCode.GatewayTimeout), 2, callers);
        Assert.InRange(await site.MetricAsync("serving_stuck_runs"), 2, callers);
        Assert.Equal(10, await site.AskAsync("other"));
    }

    [Theory, InlineData(RuntimeConfiguration.InProcess), InlineData(RuntimeConfiguration.Process)]
    public async Task F63_A_candidate_ten_times_slower_than_the_stable_release_does_not_slow_it_down(string isolation)
    {
        const int StableMs = 5;
        await using var site = await Site.CreateAsync();
        var plan = site.Plan.With(out var stable, "1", TinyModel.Add(1)).With(out var candidate, "2", TinyModel.Add(2), isolation: isolation).Serving("e", stable).Next();
        site.ControlPlane.Serve(plan.Seal().Utf8.ToArray(), plan.Seal().ContentHash);
        site.StartNode(("FAILPOINTS", $"model.run.{stable}=sleep({StableMs});model.run.{candidate}=sleep({10 * StableMs})"));
        await site.Node.ReadyAsync(TimeSpan.FromSeconds(60));

        var alone = await P99OfAsync(site, stable);
        await site.ControlPlane.PublishAsync(plan.Splitting("e", candidate, 5_000, stable).Next().Seal());
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 2);
        var beside = await P99OfAsync(site, stable);

        // A fifth, and what timers on shared cores differ by from one second to the next.
        Assert.True(beside < 1.2 * alone + TimeSpan.FromMilliseconds(10), $"{alone} alone, {beside} beside the slow one.");
    }

    private static async Task<TimeSpan> P99OfAsync(Site site, string release)
    {
        await using var load = site.Load(60);
        await Eventually.TrueAsync(() => load.History.Count > 360, TimeSpan.FromSeconds(30), "load");
        var times = (await load.StopAsync()).Where(request => request.Release == release).Select(request => request.Took).Order().ToList();
        return times[times.Count * 99 / 100];
    }
}
