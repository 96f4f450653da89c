using ControlPlane.Domain.Primitives;

namespace ControlPlane.Data;

/// <summary>The outbox: something to be done after the change that caused it, in whose transaction this row is written.</summary>
public sealed class PendingEffect : IStamped
{
    public const string PushState = "pushState";
    public const string InspectVersion = "inspectVersion";

    public long Id { get; init; }

    public required string Kind { get; init; }

    /// <summary>Id of what it is about; a handler reads the rest again.</summary>
    public required string Subject { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset DueAt { get; set; }

    public int Attempts { get; set; }

    public string? LastError { get; set; }

    public long Stamp { get; set; }

    public static PendingEffect Of(string kind, string subject, DateTimeOffset at) => new() { Kind = kind, Subject = subject, CreatedAt = at, DueAt = at };
}
