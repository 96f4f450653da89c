using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Rollouts.Gates;
using static ControlPlane.Domain.Rollouts.RolloutPhase;

namespace ControlPlane.Domain.Rollouts;

/// <summary>What a look at nodes and measurements leads to. A look may come late, twice or out of order: what does not fit the state changes nothing.</summary>
internal static class StepTick
{
    /// <summary>Windows that a step waits for evidence, at least, when it is resumed after its time was over.</summary>
    private const long Patience = 30;

    public static Outcome<Transition> Next(RolloutPlan plan, RolloutState state, RolloutEvent.Ticked tick)
    {
        if (!state.IsUnderWay || tick.Expected is { } expected && expected != (state.Attempt, state.Step))
            return Moves.Stay(state);

        var silent = tick.Facts.Silent.Where(node => !state.Excluded.Contains(node)).ToList();
        if (state.Phase == RollingBack)
        {
            return tick.Facts.Acknowledged >= tick.Facts.Reachable && silent.Count == 0
                ? Moves.Enter(state, state.Cause ?? Aborted, tick.At, state.Cause == RolledBack ? "rollBack" : "abort", state.Reason ?? "")
                : Moves.Stay(state);
        }

        // An evaluation older than the last decision is of a state of things that is over.
        var evaluation = tick.Evaluation is { } given && given.Attempt == state.Attempt && given.Step == state.Step && given.Through >= (state.JudgedThrough ?? long.MinValue) ? given : null;
        if (state.IsArmed && Breach(state, tick, evaluation) is { } breach)
            return breach;
        return state.Phase switch
        {
            Progressing => Resting(Progress(plan, state, tick, evaluation, silent), evaluation),
            Inconclusive when state.AwaitsNodes && silent.Count == 0 && tick.Facts.Reachable > 0 =>
                Moves.Enter(state with { AwaitsNodes = false }, Progressing, tick.At, "resume", "All nodes answer again"),
            _ => Moves.Stay(state),
        };
    }

    /// <summary>Gates bind wherever the release may answer: also while someone holds it, or is waited for.</summary>
    private static Transition? Breach(RolloutState state, RolloutEvent.Ticked tick, Evaluation? evaluation)
    {
        if (tick.Facts.Refused.Count > 0)
            return Moves.GoBack(state, RolledBack, tick.At, "rollBack", $"Refused by {string.Join("; ", tick.Facts.Refused)}");
        var worse = evaluation?.Readings.Where(reading => reading.Verdict == Verdict.Worse).ToList() ?? [];
        var decisive = worse.Where(reading => reading.OnBreach == BreachAction.RollBack).ToList();
        if (decisive.Count > 0)
            return Resting(Moves.GoBack(state, RolledBack, tick.At, "rollBack", Sentences(decisive)), evaluation);
        return worse.Count > 0 && (state.Phase is Progressing or AwaitingApproval)
            ? Resting(Moves.Enter(state with { Pending = null }, Paused, tick.At, "pause", Sentences(worse)), evaluation)
            : null;
    }

    private static Transition Progress(RolloutPlan plan, RolloutState state, RolloutEvent.Ticked tick, Evaluation? evaluation, List<string> silent)
    {
        var (step, facts) = (plan.Steps[state.Step], tick.Facts);
        if (facts.Refused.Count > 0)
            return Moves.Enter(state, Paused, tick.At, "pause", $"Refused by {string.Join("; ", facts.Refused)}");

        var have = step.Kind == StepKind.Load ? facts.Warm : facts.Acknowledged;
        var isTaken = facts.Reachable > 0 && have >= facts.Reachable;
        if (state.InForceFrom is null)
        {
            if (!isTaken)
                return facts.Reachable == 0 && silent.Count > 0 && plan.WaitsForSilentNodes ? AwaitNodes(state, tick, silent) : Moves.Stay(state);
            var word = step.Kind == StepKind.Load ? "Loaded" : "Acknowledged";
            if (!step.Holds)
                return Leave(plan, state, tick, silent, $"{word} by {have} of {facts.Reachable} nodes");
            return Moves.Stay(state with { InForceFrom = tick.Window.Of(tick.At) + 1 }) with { Effects = [new RolloutEffect.TickAfter(step.Hold + GateWindow.Wait, state.Attempt, state.Step)] };
        }

        if (evaluation is null)
            return Moves.Stay(state);
        if (evaluation.Missing is { } missing)
            return Moves.Enter(state, Inconclusive, tick.At, "inconclusive", missing);
        if (state.HeldBefore is not { } before)
            return Moves.Stay(state with { HeldBefore = evaluation.Held });
        var (held, needed) = (evaluation.Held - before, tick.Window.In(step.Hold));
        if (!state.IsHoldOver && held < needed)
            return Moves.Stay(state);

        var lacking = Lacking(step, evaluation);
        if (lacking.Count == 0)
            return isTaken ? Leave(plan, state, tick, silent, $"Held for {tick.Window.Time(evaluation.Held):g}. {Sentences(evaluation.Readings)}".TrimEnd()) : Moves.Stay(state);
        return held >= (state.IsHoldOver ? Math.Max(needed, Patience) : needed)
            ? Moves.Enter(state with { IsHoldOver = true }, Inconclusive, tick.At, "inconclusive", string.Join(" ", lacking))
            : Moves.Stay(state with { IsHoldOver = true });
    }

    private static Transition Leave(RolloutPlan plan, RolloutState state, RolloutEvent.Ticked tick, List<string> silent, string reason)
    {
        if (silent.Count > 0 && plan.WaitsForSilentNodes)
            return AwaitNodes(state, tick, silent);
        if (state.Step + 1 < plan.Steps.Count)
            return Moves.Toward(plan, state, state.Step + 1, tick.At, "advance", reason);
        // What does not ship ends where it began.
        return Moves.Enter(plan.Ships ? state : state with { Weight = 0, Mirror = 0 }, Completed, tick.At, "complete", reason);
    }

    private static Transition AwaitNodes(RolloutState state, RolloutEvent.Ticked tick, List<string> silent) => Moves.Enter(
        state with { AwaitsNodes = true }, Inconclusive, tick.At, "inconclusive",
        $"{silent.Count} of {silent.Count + tick.Facts.Reachable} nodes silent: {string.Join(", ", silent)}. It goes on by itself when they answer, or without them once they are excluded.");

    /// <returns>One sentence for each thing that keeps the step from ending.</returns>
    private static List<string> Lacking(RolloutStep step, Evaluation evaluation)
    {
        var lacking = new List<string>();
        var (fewest, arm) = step.MeasuredShare < 1 && evaluation.StableSamples < evaluation.CandidateSamples
            ? (evaluation.StableSamples, "stable") : (evaluation.CandidateSamples, "the candidate");
        if (fewest < step.MinSamples)
            lacking.Add($"{fewest} of {step.MinSamples} samples of {arm}.");
        foreach (var reading in evaluation.Readings.Where(reading => !reading.AllowsNext))
        {
            var samples = Math.Min(reading.StableSamples, reading.CandidateSamples);
            var eta = reading.Eta is { } wait ? $" Expected in {wait:g}." : "";
            lacking.Add(samples < reading.MinSamples ? $"{reading.Gate}: {samples} of {reading.MinSamples} samples." : $"Not enough evidence: {reading.Sentence}{eta}");
        }

        return lacking;
    }

    /// <summary>A decision names the windows it rests on, and none older is listened to afterwards.</summary>
    private static Transition Resting(Transition transition, Evaluation? evaluation) => transition.Action is null || evaluation is null ? transition : transition with
    {
        State = transition.State with { JudgedThrough = evaluation.Through },
        Evidence = new EvidenceWindows(evaluation.Step, evaluation.Evidence.From, evaluation.Through, evaluation.StableSamples, evaluation.CandidateSamples),
    };

    private static string Sentences(IEnumerable<Reading> readings) => string.Join(" ", readings.Select(reading => reading.Sentence));
}
