namespace ControlPlane.Web.Layout;

/// <param name="Path">Relative to the base address; empty is the overview.</param>
/// <param name="IsPerEnvironment">The page obeys the environment filter of the top bar.</param>
internal sealed record RailEntry(string Name, string Icon, string Path, bool IsPerEnvironment)
{
    public static readonly IReadOnlyList<RailEntry> All =
    [
        new("Overview", "overview", "", true),
        new("Models", "models", "models", false),
        new("Endpoints", "endpoints", "endpoints", true),
        new("Rollouts", "rollouts", "rollouts", true),
        new("Approvals", "approvals", "approvals", false),
        new("Requests", "search", "requests", true),
        new("Nodes", "nodes", "nodes", true),
        new("Audit", "audit", "audit", false),
    ];
}
