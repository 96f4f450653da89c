using System.Collections.Concurrent;
using System.Globalization;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Domain.Rollouts.Gates;
using CsCheck;

namespace ControlPlane.Domain.Tests.Rollouts;

/// <summary>The state machine against a model of it that shares no code: random commands, looks and accidents, compared after each.</summary>
public sealed class RolloutModelTests
{
    private static readonly int _cases = int.Parse(Environment.GetEnvironmentVariable("FUZZ_CASES") ?? "10000", CultureInfo.InvariantCulture);

    /// <summary>Submit, approve, start, resume.</summary>
    private static readonly int[] _onward = [0, 1, 3, 5];

    /// <summary>What leads on is more frequent, or few would see the later steps.</summary>
    private static readonly Gen<int> _happenings = Gen.Frequency((4, Gen.Int[0, 3].Select(index => _onward[index])), (1, Gen.Int[0, 24]), (4, Gen.Const(25)));

    private static readonly RolloutPlan[] _plans =
    [
        Canary.Plan(needsApproval: true, [Step(500, 3), Step(5_000, 2) with { NeedsApproval = true }, new(StepKind.Shift, 10_000)]),
        Canary.Plan(needsApproval: false, [new(StepKind.Mirror, 0) { Mirror = 10_000, Hold = TimeSpan.FromSeconds(20) }, Step(1_000, 1), new(StepKind.Shift, 10_000) { NeedsApproval = true }]),
        Shadow.Plan(needsApproval: false, 5_000, TimeSpan.FromSeconds(20)),
        AllAtOnce.Plan(needsApproval: true),
        Rollback.Plan(isWarm: true),
    ];

    [Fact]
    public void F30_F77_F80_Ten_thousand_random_sequences_go_as_the_model_says()
    {
        var seen = new ConcurrentDictionary<(RolloutPhase, int), int>();

        Gen.Select(Gen.Int[0, 4], _happenings.Array[10, 120]).Sample((plan, happenings) => Follow(_plans[plan], happenings, seen), iter: _cases);

        // Not a walk around the beginning only.
        Assert.Equal(Enum.GetValues<RolloutPhase>(), seen.Keys.Select(key => key.Item1).Distinct().Order());
        Assert.True(seen.GetValueOrDefault((RolloutPhase.Completed, 3)) > 20 && seen.GetValueOrDefault((RolloutPhase.AwaitingApproval, 1)) > 20 && seen.GetValueOrDefault((RolloutPhase.RollingBack, 2)) > 20);
    }

    private static void Follow(RolloutPlan plan, int[] happenings, ConcurrentDictionary<(RolloutPhase, int), int> seen)
    {
        var (state, model, at) = (RolloutState.Draft(1, Some.Noon), new RolloutModel(plan), Some.Noon);
        var entered = new HashSet<(int, int)>();
        foreach (var happening in happenings)
        {
            // The clock jumps about: nothing but the way back's patience may depend on it.
            at += happening % 7 == 0 ? TimeSpan.FromHours(-2) : TimeSpan.FromMinutes(2);
            var expected = model.Take(happening, at);
            var isTaken = RolloutMachine.Next(plan, state, Event(happening, state, model, at)).TryGet(out var next, out var refusal);

            Assert.True(isTaken == expected, $"{happening} in {state}: {refusal?.Message ?? next?.Action}");
            if (!isTaken)
                continue;
            Invariants(plan, state, next!, entered);
            state = next!.State;
            seen.AddOrUpdate((state.Phase, state.Step), 1, (_, count) => count + 1);
            Assert.Equal(model.ToString(), $"{state.Phase} {state.Attempt} {state.Step} {state.Weight} {state.Mirror}");
        }
    }

    /// <summary>I2, I3 and I12, and what no state may claim.</summary>
    private static void Invariants(RolloutPlan plan, RolloutState before, Transition next, HashSet<(int, int)> entered)
    {
        var after = next.State;
        Assert.True(after.Attempt == before.Attempt ? after.Step >= before.Step : after is { Phase: RolloutPhase.Draft, Step: -1 } && after.Attempt == before.Attempt + 1);
        Assert.True(!before.IsOver || after == before || after.Attempt > before.Attempt);
        Assert.True(after.Attempt != before.Attempt || after.Step == before.Step || entered.Add((after.Attempt, after.Step)));
        Assert.True(after.Weight == 0 || plan.Steps[after.Step].Weight == after.Weight);
        Assert.True(after.IsUnderWay || after.Weight == 0 || after.Phase is RolloutPhase.Completed or RolloutPhase.Superseded);
        Assert.True(next.ChangesDesiredState || (after.Weight, after.Mirror) == (before.Weight, before.Mirror) || after.IsOver || after.Attempt > before.Attempt);
        Assert.True(next.Action != "advance" || before.Step < 0 || !plan.Steps[before.Step].Holds || next.Evidence is { CandidateSamples: > 0 } || next.Reason is "asked" or "");
    }

    private static RolloutStep Step(int weight, int windows) => new(StepKind.Shift, weight) { Hold = TimeSpan.FromSeconds(10 * windows) };

    private static RolloutEvent Event(int happening, RolloutState state, RolloutModel model, DateTimeOffset at) => happening switch
    {
        < 10 => new RolloutEvent.Asked((RolloutAction)happening, "asked", at),
        10 => new RolloutEvent.Asked(RolloutAction.Edit, "", at),
        11 => new RolloutEvent.Asked(RolloutAction.Force, "", at),
        12 => new RolloutEvent.Asked(RolloutAction.Advance, "", at),
        13 => new RolloutEvent.Asked(RolloutAction.Approve, "asked", at) { PlanHash = "sha256:another" },
        14 => new RolloutEvent.TakenOver("#9", at),
        15 => Look(state, model, at, new(4, 1, 1, [])),
        16 => Look(state, model, at, new(0, 0, 0, [])),
        17 => Look(state, model, at, new(3, 3, 3, []) { Silent = ["node-4"] }),
        18 => Look(state, model, at, new(4, 3, 3, ["node-1: LoadFailed"])),
        19 => Look(state, model, at, Walk.Fine, Verdict.Worse),
        20 => Look(state, model, at, Walk.Fine, Verdict.Worse, BreachAction.Pause),
        21 => Look(state, model, at, Walk.Fine, missing: "Nothing came."),
        22 => Look(state, model, at, Walk.Fine, Verdict.NotEnoughEvidence, samples: 3),
        23 => new RolloutEvent.Ticked(Walk.Fine, at) { Expected = (state.Attempt, state.Step + 1) },
        24 => new RolloutEvent.Ticked(Walk.Fine, at),
        _ => Look(state, model, at, Walk.Fine),
    };

    private static RolloutEvent.Ticked Look(
        RolloutState state, RolloutModel model, DateTimeOffset at, StepFacts facts, Verdict verdict = Verdict.NoWorse, BreachAction onBreach = BreachAction.RollBack, string? missing = null, long samples = 1_000) =>
        new(facts, at, new Evaluation(
            state.Attempt, state.Step, model.Looks, model.HeldAtLook, [Walk.Read(verdict, onBreach, samples: samples)], missing,
            new Evidence(state.Attempt) { Step = state.Step, StableSamples = samples, CandidateSamples = samples }));
}
