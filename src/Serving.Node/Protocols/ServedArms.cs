using Serving.Node.Respond;
using Serving.Node.Versions;

namespace Serving.Node.Protocols;

/// <summary>The arm that a question about an endpoint, or about one of its versions, is answered from.</summary>
internal static class ServedArms
{
    /// <summary>
    /// The version behind a label: the name of an arm (<c>stable</c>, <c>candidate</c> or that of an experiment's arm), else an alias of the registry
    /// whose version is in memory.
    /// </summary>
    /// <returns>The label itself where there is none, which no version is called.</returns>
    public static string VersionOf(ServingSnapshot snapshot, ReadOnlySpan<char> endpoint, ReadOnlySpan<char> label)
    {
        if (snapshot.Find(endpoint) is not { } served)
            return label.ToString();
        foreach (var arm in served.Arms)
        {
            if (label.SequenceEqual(arm.Name))
                return arm.Release.State.Version;
        }

        return served.VersionByAlias.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(label, out var version) ? version : label.ToString();
    }

    /// <param name="version">Null: what answers most callers.</param>
    public static ServedArm? Find(ServingSnapshot snapshot, string endpoint, string? version, out Failure? failure)
    {
        failure = null;
        if (!snapshot.Endpoints.TryGetValue(endpoint, out var served))
        {
            failure = snapshot.Revision == 0 ? Failure.NoConfiguration() : Failure.UnknownEndpoint(endpoint);
            return null;
        }

        if (version is not null)
        {
            if (!served.ByVersion.TryGetValue(version, out var direct))
                failure = Failure.UnknownVersion(endpoint, version);
            return direct;
        }

        if (served.Arms.Length > 0)
            return served.Arms[^1];
        failure = Failure.NothingLoaded(endpoint);
        return null;
    }
}
