using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Releases;

namespace ControlPlane.Domain.Rollouts;

/// <summary>One change of what an endpoint serves.</summary>
public sealed class Rollout : IStamped
{
    private Rollout()
    {
    }

    public RolloutId Id { get; private set; }

    /// <summary>The short number that pages show: #42.</summary>
    public int Number { get; private set; }

    public EndpointId EndpointId { get; private set; }

    public string Environment { get; private set; } = "";

    public string EndpointName { get; private set; } = "";

    public string? FromRelease { get; private set; }

    public string ToRelease { get; private set; } = "";

    public RolloutPlan Plan { get; private set; } = new("", []);

    public RolloutState State { get; private set; } = RolloutState.Draft(1, default);

    /// <summary>Copies of <see cref="State"/> for queries.</summary>
    public RolloutPhase Phase { get; private set; }

    public bool IsOpen { get; private set; }

    /// <summary>What keeps the reconcile loop from working on it; null: nothing.</summary>
    public string? Condition { get; set; }

    public DateTimeOffset? NextTryAt { get; set; }

    public string CreatedBy { get; private set; } = "";

    /// <summary>People besides <see cref="CreatedBy"/> who wrote or edited the plan of any attempt, those behind tokens included. None of them may approve it.</summary>
    public IReadOnlyList<string> Authors { get; private set; } = [];

    public DateTimeOffset CreatedAt { get; private set; }

    public long Stamp { get; set; }

    /// <summary>Rows of the decision log written so far.</summary>
    public int Decisions { get; private set; }

    public static Rollout Create(int number, Endpoint endpoint, string toRelease, RolloutPlan plan, string createdBy, DateTimeOffset at)
    {
        var rollout = new Rollout
        {
            Id = RolloutId.New(at),
            Number = number,
            EndpointId = endpoint.Id,
            Environment = endpoint.Environment,
            EndpointName = endpoint.Name,
            FromRelease = endpoint.StableRelease,
            ToRelease = toRelease,
            Plan = plan with { Release = toRelease },
            CreatedBy = createdBy,
            CreatedAt = at,
        };
        rollout.Set(RolloutState.Draft(1, at));
        return rollout;
    }

    /// <summary>Somebody has a hand in the plan.</summary>
    /// <param name="person">Null: nobody that could approve it.</param>
    public void AddAuthor(string? person)
    {
        if (person is not null && !IsAuthor(person))
            Authors = [.. Authors, person];
    }

    public bool IsAuthor(string person) =>
        Authors.Contains(person, StringComparer.OrdinalIgnoreCase) || string.Equals(CreatedBy, person, StringComparison.OrdinalIgnoreCase);

    /// <summary>Another plan in the place of the present one; what follows for its state is the machine's to say.</summary>
    public void Replace(string toRelease, RolloutPlan plan)
    {
        ToRelease = toRelease;
        Plan = plan with { Release = toRelease };
    }

    /// <summary>Just before the start: what served until now is what it is compared with and goes back to.</summary>
    public void StartFrom(string? stableRelease) => FromRelease = stableRelease;

    /// <summary>Takes a transition and gives the row for the decision log; null when nothing happened.</summary>
    public RolloutDecision? Move(Transition transition, string actor, DateTimeOffset at)
    {
        if (transition.Action is null)
        {
            if (transition.State != State)
                Set(transition.State);
            return null;
        }

        Set(transition.State);
        Condition = null;
        NextTryAt = null;
        return new RolloutDecision
        {
            RolloutId = Id,
            Attempt = State.Attempt,
            Sequence = ++Decisions,
            Step = State.Step,
            At = at,
            Action = transition.Action,
            Actor = actor,
            Reason = transition.Reason,
            Evidence = transition.Evidence,
        };
    }

    private void Set(RolloutState state)
    {
        State = state;
        Phase = state.Phase;
        IsOpen = !state.IsOver;
    }
}

/// <summary>One row of the decision log.</summary>
public sealed class RolloutDecision
{
    public required RolloutId RolloutId { get; init; }

    public required int Sequence { get; init; }

    public required int Attempt { get; init; }

    public required int Step { get; init; }

    public required DateTimeOffset At { get; init; }

    public required string Action { get; init; }

    /// <summary>A person, a token, or <c>automatic</c>.</summary>
    public required string Actor { get; init; }

    public required string Reason { get; init; }

    /// <summary>The windows it rests on; null: none, as with what people decide.</summary>
    public EvidenceWindows? Evidence { get; init; }
}
