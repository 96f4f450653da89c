using ControlPlane.Domain.Primitives;

namespace ControlPlane.Domain.Registry;

/// <summary>Why a version may not be deleted.</summary>
public static class VersionUse
{
    /// <param name="users">Who holds it: "served by production/fraud", "way back of staging/fraud", "open rollout #42".</param>
    public static Refusal? Check(ModelVersion version, IReadOnlyList<string> users) => users.Count == 0
        ? null
        : new Refusal("VersionInUse", $"Version {version.Number} of {version.ModelName} is in use: {string.Join("; ", users)}. Nothing was deleted.");
}
