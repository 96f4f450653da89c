using ControlPlane.Domain.Identity;

namespace ControlPlane.Domain.Audit;

/// <summary>Who did what to what, when and why. Written in the transaction of the change itself.</summary>
public sealed class AuditEntry
{
    public long Id { get; init; }

    public required DateTimeOffset At { get; init; }

    public required string Actor { get; init; }

    public required ActorKind ActorKind { get; init; }

    /// <summary><c>model.created</c>, <c>rollout.completed</c> …</summary>
    public required string Action { get; init; }

    /// <summary><c>model/fraud</c>, <c>endpoint/production/fraud</c> …</summary>
    public required string Target { get; init; }

    /// <summary><c>done</c>, <c>denied</c> or <c>rejected</c>.</summary>
    public string Outcome { get; init; } = "done";

    public string? Reason { get; init; }

    /// <summary>JSON of what was, where something was changed.</summary>
    public string? Before { get; init; }

    public string? After { get; init; }

    /// <summary>32 hex digits: finds the request in the log. Null for what happened by itself.</summary>
    public string? TraceId { get; init; }

    /// <summary>Address that the request came from. Null for what happened by itself or on a page that was open already.</summary>
    public string? Source { get; init; }

    /// <summary>How many more denials like this one there were since <see cref="FirstAt"/>, which are not listed. Null for all else.</summary>
    public long? Repeats { get; init; }

    public DateTimeOffset? FirstAt { get; init; }
}
