using Serving.Contracts.State;

namespace Serving.Node.Versions;

/// <summary>The releases that a desired state asks of the nodes of one pool.</summary>
/// <param name="Routed">Must be in memory before the state may be served: arms and mirrors name them.</param>
/// <param name="Warm">To be held without traffic, most wanted first, as far as the memory for them goes.</param>
/// <param name="TooLarge">To be held without traffic, but there is no memory for them.</param>
internal sealed record Wanted(string ContentHash, IReadOnlyList<string> Routed, IReadOnlyList<string> Warm, IReadOnlyList<string> TooLarge)
{
    public IReadOnlySet<string> All { get; } = Routed.Concat(Warm).ToHashSet(StringComparer.Ordinal);

    /// <summary>What there is no room for is what stands last in the document's list, which names the ways back before the candidates. What is routed is never left out, and what is on no list is not held.</summary>
    /// <param name="warmMemory">Bytes that releases without traffic may take together.</param>
    /// <param name="measured">Memory of a release as it was last loaded here; 0: not known, its size is taken to be that of its files.</param>
    public static Wanted Of(StateDocument document, string pool, long warmMemory, Func<string, long> measured)
    {
        var state = document.State;
        var routed = state.Endpoints
            .Where(endpoint => endpoint.Pool == pool)
            .SelectMany(endpoint => endpoint.Arms.Select(arm => arm.Release).Concat(endpoint.Mirrors.Select(mirror => mirror.Release)))
            .Distinct(StringComparer.Ordinal)
            .ToList();

        List<string> warm = [], tooLarge = [];
        var left = warmMemory;
        foreach (var id in state.KeepWarm.Except(routed, StringComparer.Ordinal))
        {
            var size = Math.Max(state.Artifacts[state.Releases[id].Artifact].TotalSize(), measured(id));
            (size <= left ? warm : tooLarge).Add(id);
            left -= size <= left ? size : 0;
        }

        return new Wanted(document.ContentHash, routed, warm, tooLarge);
    }
}
