using ControlPlane.Data;
using ControlPlane.Data.Rollouts;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Domain.Rollouts.Gates;
using ControlPlane.Web.Live;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Features.Rollouts;

/// <summary>Looks at the gates of a rollout: reads what was measured since the last look, judges it once, and keeps the evidence in the caller's transaction.</summary>
internal sealed class GateLooks(IOptions<GatesOptions> options)
{
    public GateWindow Window { get; } = new(options.Value.Window);

    /// <returns>Null: the gates are not armed, so nothing was looked at.</returns>
    public async Task<Evaluation?> EvaluateAsync(ControlPlaneDb db, Rollout rollout, StepFacts facts, DateTimeOffset now, CancellationToken cancel)
    {
        if (!rollout.State.IsArmed || rollout.Plan.Steps[rollout.State.Step] is not { Kind: not StepKind.Load } step)
            return null;
        var kept = await db.RolloutEvidence.SingleOrDefaultAsync(known => known.RolloutId == rollout.Id, cancel);
        var evidence = kept?.Evidence ?? new Evidence(rollout.State.Attempt);
        var measured = await db.MeasuredAsync(rollout, evidence.Attempt == rollout.State.Attempt ? evidence.Through : null, facts.Reachable > 0, Window, now, cancel);
        var terms = new StepTerms(rollout.State.Attempt, rollout.State.Step, step.MeasuredShare, rollout.State.InForceFrom, Math.Max(1, rollout.Plan.Steps.Count(known => known.Holds))) { Window = Window };
        var evaluation = Judge.Evaluate(rollout.Plan.Gates, terms, evidence, measured);
        if (kept is null)
        {
            kept = new RolloutEvidence { RolloutId = rollout.Id, Evidence = evidence };
            db.RolloutEvidence.Add(kept);
        }
        else if (evaluation.Evidence.Through == evidence.Through && evaluation.Evidence.Step == evidence.Step && evaluation.Missing == kept.Missing)
        {
            return evaluation;
        }

        (kept.Evidence, kept.Readings, kept.Missing, kept.At) = (evaluation.Evidence, evaluation.Readings, evaluation.Missing, now);
        return evaluation;
    }

    /// <summary>A person lets the evidence go on from the present time, as after a clock that fell back.</summary>
    public async Task BeginAnewAsync(ControlPlaneDb db, Rollout rollout, DateTimeOffset now, CancellationToken cancel)
    {
        if (await db.RolloutEvidence.SingleOrDefaultAsync(known => known.RolloutId == rollout.Id, cancel) is { } kept)
            (kept.Evidence, kept.Missing) = (Judge.BeginAnew(kept.Evidence, Window.Watermark(now)), null);
    }
}
