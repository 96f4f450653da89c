namespace Serving.Contracts.State;

/// <summary>Whether a desired state names only what it holds.</summary>
internal static class StateReferences
{
    /// <returns>The first thing that is missing or does not add up, one sentence; null when nothing is.</returns>
    public static string? DefectOf(DesiredState state)
    {
        if (HasHoles(state))
            return "The desired state holds nothing where an endpoint, arm, release, artifact or file has to be.";
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var endpoint in state.Endpoints)
        {
            if (!names.Add(endpoint.Name))
                return $"Endpoint {endpoint.Name} is there twice.";
            if (endpoint.Arms.FirstOrDefault(arm => arm.Weight is < 0 or > Bucket.Count) is { } impossible)
                return $"Arm {impossible.Name} of endpoint {endpoint.Name} has the weight {impossible.Weight}; weights are 0 to {Bucket.Count}.";
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

    /// <summary>The reader sees to members that must not be missing, not to what lists and maps hold.</summary>
    private static bool HasHoles(DesiredState state) =>
        state.Endpoints.Any(endpoint => endpoint is null || endpoint.Arms.Any(arm => arm is null) || endpoint.Mirrors.Any(mirror => mirror is null) || endpoint.Logging.Fields?.Any(field => field is null) == true)
        || state.Releases.Values.Any(release => release is null || release.Aliases?.Any(alias => alias is null) == true)
        || state.Artifacts.Values.Any(artifact => artifact is null || artifact.Files.Any(file => file is null))
        || state.Schemas.Values.Any(schema => schema is null)
        || state.KeepWarm.Any(id => id is null)
        || state.Requires?.Any(capability => capability is null) == true;
}
