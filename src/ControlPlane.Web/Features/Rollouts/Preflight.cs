using ControlPlane.Domain.Registry;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Web.Shared;
using Endpoint = ControlPlane.Domain.Releases.Endpoint;

namespace ControlPlane.Web.Features.Rollouts;

/// <summary>One thing that has to be so before a rollout starts, looked at now.</summary>
public sealed record Preflight(bool Passes, string Words)
{
    /// <param name="number">Of the rollout itself; null: it is not written yet.</param>
    internal static IReadOnlyList<Preflight> Of(ServingSnapshot now, Endpoint? endpoint, int? number, ModelVersion? before, ModelVersion? after)
    {
        var nodes = endpoint is null ? [] : now.NodesOf(endpoint).ToList();
        var silent = nodes.Where(node => !now.IsLive(node.Status)).Select(node => node.Node.Name).ToList();
        var other = endpoint is not null && now.Rollouts.GetValueOrDefault(endpoint.Id) is { } known && known.Number != number ? known : null;
        return
        [
            new(nodes.Count > 0 && silent.Count == 0, nodes.Count == 0 ? "no node of this pool has joined"
                : $"{nodes.Count - silent.Count} of {Figures.Plural(nodes.Count, "node")} answer{(silent.Count == 0 ? "" : $"; silent: {string.Join(", ", silent.Take(5))}")}"),
            new(other is null, other is null ? "no other rollout is under way here" : $"rollout #{other.Number} is under way here"),
            new(after is { State: VersionState.Ready }, after is { State: VersionState.Ready } ? "the version has passed its checks" : "the version is not ready"),
            new(VersionWords.IsSameShape(before, after), VersionWords.IsSameShape(before, after) ? "callers need no change" : "inputs or outputs differ from what serves now"),
        ];
    }
}
