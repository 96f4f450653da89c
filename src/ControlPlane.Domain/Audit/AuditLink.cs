namespace ControlPlane.Domain.Audit;

/// <summary>Binds a row of the audit to all before it. Beside the row and not in it: rows are written once and never touched again.</summary>
public sealed class AuditLink
{
    /// <summary>From 1, without a gap.</summary>
    public required long Number { get; init; }

    public required long EntryId { get; init; }

    /// <summary>64 hex digits.</summary>
    public required string Seal { get; init; }

    public required DateTimeOffset SealedAt { get; init; }
}
