namespace ControlPlane.Data.Audit;

/// <summary>Who seals, of several control planes, and until when.</summary>
public sealed class AuditLease
{
    public required string Name { get; init; }

    public required string Owner { get; set; }

    public required DateTimeOffset Until { get; set; }
}
