using ControlPlane.Domain.Primitives;

namespace ControlPlane.Domain.Rollouts;

/// <summary>What went back by itself is not brought again by a machine that only knows it failed.</summary>
public static class CoolDown
{
    /// <param name="rolledBackAt">When a breach last took the same release back on this endpoint; null: never.</param>
    /// <returns>Null: it may start.</returns>
    public static Refusal? Refusal(DateTimeOffset? rolledBackAt, TimeSpan coolDown, bool isByPerson, DateTimeOffset at) =>
        isByPerson || rolledBackAt is not { } back || at >= back + coolDown
            ? null
            : new Refusal("CoolDown", $"This release went back by itself at {back:yyyy-MM-dd HH:mm} UTC. Until {back + coolDown:yyyy-MM-dd HH:mm} UTC only a person may start it again.");
}
