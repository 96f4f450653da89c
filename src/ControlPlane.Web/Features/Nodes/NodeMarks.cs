using ControlPlane.Web.Shared;

namespace ControlPlane.Web.Features.Nodes;

/// <summary>Icons, words and tones of a node's conditions.</summary>
internal static class NodeMarks
{
    public static Mark Of(NodeRow node, DateTimeOffset now) => node.State switch
    {
        NodeCondition.Refused => new("bad", $"Refused {node.RejectedRevision}", "bad"),
        NodeCondition.NotWritten => new("warn", "Not on disk", "unsure"),
        NodeCondition.Silent => new("silent", node.LastSeen is { } seen ? $"Silent {Figures.Duration(now - seen)}" : "Never seen", "stale"),
        NodeCondition.Quarantine => new("warn", $"{node.Quarantined.Count} in quarantine", "unsure"),
        NodeCondition.Draining => new("arrow-down", "Draining"),
        NodeCondition.Loading => new("run", "Loading"),
        NodeCondition.Waiting => new("ready", "Nothing to serve"),
        NodeCondition.Revoked => new("lock", "Revoked"),
        _ => new("check", node.Kind == "gateway" ? "Routing" : "Serving", "ok"),
    };

    public static VersionRole RoleOf(NodeVersion version) => version.State switch { "serving" => VersionRole.Stable, "warm" => VersionRole.Idle, _ => VersionRole.Gone };
}
