using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Domain.Rollouts.Gates;

namespace ControlPlane.Domain.Tests.Rollouts;

/// <summary>A rollout led through its states.</summary>
internal sealed class Walk(RolloutPlan plan)
{
    public static readonly StepFacts Fine = new(4, 4, 4, []);

    private readonly List<Transition> _done = [];

    public RolloutState State { get; private set; } = RolloutState.Draft(1, Some.Noon);

    public Transition Last => _done[^1];

    public DateTimeOffset Now { get; set; } = Some.Noon;

    public Walk Ask(RolloutAction action, string reason = "because", string? planHash = null, string? node = null, bool isByPerson = true) =>
        Take(Try(new RolloutEvent.Asked(action, reason, Now) { PlanHash = planHash, Node = node, IsByPerson = isByPerson }));

    public Refusal Refused(RolloutAction action, string reason = "because", string? planHash = null, string? node = null, bool isByPerson = true) =>
        Some.Refusal(Try(new RolloutEvent.Asked(action, reason, Now) { PlanHash = planHash, Node = node, IsByPerson = isByPerson }));

    /// <param name="held">Windows of the step judged so far; null: nothing was evaluated.</param>
    public Walk Tick(long? held = null, StepFacts? facts = null, Reading[]? readings = null, string? missing = null, long samples = 1_000, (int, int)? expected = null, long? through = null) =>
        Take(Try(new RolloutEvent.Ticked(facts ?? Fine, Now, held is { } windows ? Evaluation(windows, readings ?? [Read(Verdict.NoWorse)], missing, samples, through) : null) { Expected = expected }));

    /// <summary>Started, loaded, and in force at the first step that holds.</summary>
    public static Walk Holding(RolloutPlan plan)
    {
        var walk = new Walk(plan).Ask(RolloutAction.Submit);
        if (plan.NeedsApproval)
            walk.Ask(RolloutAction.Approve);
        return walk.Ask(RolloutAction.Start).Tick().Tick();
    }

    public static Reading Read(Verdict verdict, BreachAction onBreach = BreachAction.RollBack, bool isRequired = false, long samples = 1_000) =>
        new("error_rate", verdict, onBreach, isRequired) { StableSamples = samples, CandidateSamples = samples, MinSamples = 500, Sentence = $"error_rate is {verdict}." };

    private Evaluation Evaluation(long held, Reading[] readings, string? missing, long samples, long? through) => new(
        State.Attempt, State.Step, through ?? 1_000 + held, held, readings, missing, new Evidence(State.Attempt) { Step = State.Step, Held = held, From = 7, StableSamples = samples, CandidateSamples = samples });

    private Outcome<Transition> Try(RolloutEvent happened) => RolloutMachine.Next(plan, State, happened);

    private Walk Take(Outcome<Transition> outcome)
    {
        _done.Add(Some.Value(outcome));
        State = Last.State;
        return this;
    }
}
