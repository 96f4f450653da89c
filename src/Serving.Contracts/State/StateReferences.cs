namespace Serving.Contracts.State;

/// <summary>Whether a desired state names only what it holds.</summary>
internal static class StateReferences
{
    /// <returns>The first thing that is missing or does not add up, one sentence; null when nothing is.</returns>
    public static string? DefectOf(DesiredState state)
    {
        foreach (var endpoint in state.Endpoints)
        {
            if (endpoint.Arms.Count > 0 && endpoint.Arms.Sum(arm => (long)arm.Weight) != Bucket.Count)
                return $"The weights of endpoint {endpoint.Name} sum to {endpoint.Arms.Sum(arm => (long)arm.Weight)}, not to {Bucket.Count}.";

            foreach (var release in endpoint.Arms.Select(arm => arm.Release).Concat(endpoint.Mirrors.Select(mirror => mirror.Release)))
            {
                if (!state.Releases.ContainsKey(release))
                    return $"Endpoint {endpoint.Name} names release {release}, which the desired state does not hold.";
            }
        }

        if (state.KeepWarm.FirstOrDefault(id => !state.Releases.ContainsKey(id)) is { } unknown)
            return $"Release {unknown} is to be kept warm, but the desired state does not hold it.";

        foreach (var (id, release) in state.Releases)
        {
            if (!state.Artifacts.ContainsKey(release.Artifact))
                return $"Release {id} names artifact {release.Artifact}, which the desired state does not hold.";
            if (release.Schema is { } schema && !state.Schemas.ContainsKey(schema))
                return $"Release {id} names feature schema {schema}, which the desired state does not hold.";
        }

        return null;
    }
}
