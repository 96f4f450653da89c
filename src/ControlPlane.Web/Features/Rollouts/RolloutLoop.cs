using ControlPlane.Data;
using ControlPlane.Data.Releases;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Nodes;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Web.Effects;
using ControlPlane.Web.Hosting;
using ControlPlane.Web.Live;
using Microsoft.EntityFrameworkCore;
using Serving.Contracts;

namespace ControlPlane.Web.Features.Rollouts;

/// <summary>
/// Looks at every open rollout, every few seconds and when nodes report: what is due is found in the database, so nothing is lost with the process.
/// Each rollout for itself: one that throws is put off, says so, and holds up no other.
/// </summary>
internal sealed partial class RolloutLoop(
    IDbContextFactory<ControlPlaneDb> factory, Fleet fleet, GateLooks looks, DatabaseGate gate, Wakes wakes, LiveFeed feed, TimeProvider time, ILogger<RolloutLoop> logger) : BackgroundService
{
    private static readonly TimeSpan _every = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _putOff = TimeSpan.FromSeconds(15);

    private readonly DateTimeOffset _began = time.GetUtcNow();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await gate.WaitAsync(stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RoundAsync(stoppingToken);
                await wakes.WaitAsync(NodeReports.RolloutLoop, _every, stoppingToken);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                LogRoundFailed(failure);
                await Task.Delay(_every, time, stoppingToken);
            }
        }
    }

    private async Task RoundAsync(CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        await using var db = await factory.CreateDbContextAsync(cancel);
        var due = await db.Rollouts.AsNoTracking()
            .Where(rollout => rollout.IsOpen && rollout.Phase != RolloutPhase.Draft && rollout.Phase != RolloutPhase.Ready && (rollout.NextTryAt == null || rollout.NextTryAt <= now))
            .Select(rollout => rollout.Id).ToListAsync(cancel);
        foreach (var id in due)
            await ReconcileAsync(id, cancel);
    }

    internal async Task ReconcileAsync(RolloutId id, CancellationToken cancel)
    {
        try
        {
            var outcome = await factory.ChangeAsync<bool>(db => TickAsync(db, id, cancel), cancel);
            if (!outcome.TryGet(out var moved, out _) || !moved)
                return;
            FailPoint.Hit("rollout.advance.afterCommit");
            wakes.Wake(EffectRunner.Loop);
            wakes.Wake(NodeReports.RolloutLoop);
            feed.Publish(LiveTopics.Rollouts);
            feed.Publish(LiveTopics.Endpoints);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            LogReconcileFailed(id.Value, failure);
            await PutOffAsync(id, failure, cancel);
        }
    }

    /// <returns>Whether it moved.</returns>
    private async Task<Outcome<bool>> TickAsync(ControlPlaneDb db, RolloutId id, CancellationToken cancel)
    {
        var rollout = await db.Rollouts.SingleAsync(known => known.Id == id, cancel);
        if (!rollout.State.IsUnderWay)
            return false;
        var now = time.GetUtcNow();
        var endpoint = await db.Endpoints.SingleAsync(known => known.Id == rollout.EndpointId, cancel);
        var (facts, isKnown) = await FactsAsync(db, rollout, endpoint.Pool, now, cancel);
        if (!isKnown)
            return false;

        var evaluation = await looks.EvaluateAsync(db, rollout, facts, now, cancel);
        var tick = new RolloutEvent.Ticked(facts, now, evaluation) { Expected = (rollout.State.Attempt, rollout.State.Step), Window = looks.Window };
        if (!RolloutMachine.Next(rollout.Plan, rollout.State, tick).TryGet(out var transition, out var refusal))
            return refusal;
        if (rollout.Move(transition, Actor.Automatic.Name, now) is not { } decision)
        {
            // Looked at without a failure: what was wrong is over.
            rollout.Condition = null;
            rollout.NextTryAt = null;
            return false;
        }

        db.Decisions.Add(decision);
        if (rollout is { Phase: RolloutPhase.Completed, Plan.Ships: true })
            endpoint.Serve(rollout.ToRelease, now);
        db.Audit(Actor.Automatic, $"rollout.{transition.Action}", $"rollout/{rollout.Number}", now, transition.Reason);
        FailPoint.Hit("rollout.advance.beforeCommit");
        if (transition.ChangesDesiredState)
            await db.PublishAsync(rollout.Environment, Actor.Automatic, $"#{rollout.Number}: {transition.Reason}", now, cancel);
        return true;
    }

    /// <returns>What nodes say. Not known: this process has begun just now, and who has not been heard yet may speak any moment.</returns>
    private async Task<(StepFacts Facts, bool IsKnown)> FactsAsync(ControlPlaneDb db, Rollout rollout, string pool, DateTimeOffset now, CancellationToken cancel)
    {
        var environment = await db.Environments.AsNoTracking().SingleAsync(known => known.Name == rollout.Environment, cancel);
        var fleetNow = (await fleet.ReadAsync(db, rollout.Environment, cancel)).Where(node => node.Pool == pool).ToList();
        // What has to go through at once, and its way back, goes on without nodes that do not answer.
        var silent = fleetNow.Where(node => rollout.Plan.WaitsForSilentNodes && !node.IsReachable && node.Report?.Draining != true).Select(node => node.Name).ToList();
        var facts = Convergence.FactsFor(
            [.. fleetNow.Where(node => node.IsReachable).Select(node => (node.Name, node.Report!))], silent, rollout.ToRelease, environment.TimelineId, environment.Revision);
        return (facts, silent.Count == 0 || rollout.Phase == RolloutPhase.RollingBack || now - _began >= Convergence.UnreachableAfter);
    }

    /// <remarks>Written without reading the row: what is wrong with it may be that it cannot be read.</remarks>
    private async Task PutOffAsync(RolloutId id, Exception failure, CancellationToken cancel)
    {
        try
        {
            var (condition, nextTry) = ($"ReconcileFailed: {failure.Message}", time.GetUtcNow() + _putOff);
            await using var db = await factory.CreateDbContextAsync(cancel);
            await db.Rollouts.Where(rollout => rollout.Id == id)
                .ExecuteUpdateAsync(row => row.SetProperty(rollout => rollout.Condition, condition).SetProperty(rollout => rollout.NextTryAt, nextTry), cancel);
            feed.Publish(LiveTopics.Rollouts);
        }
        catch (Exception unwritten) when (unwritten is not OperationCanceledException)
        {
            LogNotPutOff(id.Value, unwritten.Message);
        }
    }

    [LoggerMessage(LogLevel.Error, "A round over the rollouts failed")]
    private partial void LogRoundFailed(Exception failure);

    [LoggerMessage(LogLevel.Error, "Rollout {Rollout} could not be reconciled; it is tried again, others go on")]
    private partial void LogReconcileFailed(Guid rollout, Exception failure);

    [LoggerMessage(LogLevel.Warning, "Rollout {Rollout} could not be put off either: {Reason}")]
    private partial void LogNotPutOff(Guid rollout, string reason);
}
