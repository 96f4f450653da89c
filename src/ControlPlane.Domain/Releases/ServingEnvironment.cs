using ControlPlane.Domain.Primitives;

namespace ControlPlane.Domain.Releases;

/// <summary>A set of endpoints and nodes with one desired state: staging, production, …</summary>
public sealed class ServingEnvironment : IStamped
{
    public required string Name { get; init; }

    /// <summary>Changes need the approval of a second person.</summary>
    public bool Protected { get; set; }

    /// <summary>A new one begins when the database was restored and the environment re-asserted.</summary>
    public required string TimelineId { get; set; }

    /// <summary>0: nothing was published yet.</summary>
    public long Revision { get; set; }

    public string? ContentHash { get; set; }

    public long Stamp { get; set; }
}
