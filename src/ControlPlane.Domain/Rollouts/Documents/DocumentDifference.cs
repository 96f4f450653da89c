using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Serving.Contracts;

namespace ControlPlane.Domain.Rollouts.Documents;

/// <param name="Path">Such as <c>rollout.steps[1].weight</c>; empty: the whole.</param>
/// <param name="Actual">As JSON; null: it is not there.</param>
/// <param name="Declared">Likewise.</param>
public sealed record Change(string Path, string? Actual, string? Declared);

/// <summary>What is declared against what is.</summary>
public static class DocumentDifference
{
    /// <summary>Hash of a document's canonical form: the same content has the same hash, however it was written and wherever.</summary>
    /// <returns><c>sha256:</c> and 64 hex digits.</returns>
    public static string Hash(JsonNode? document) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(CanonicalJson.Write(document)));

    /// <returns>By path; empty: there is nothing to change.</returns>
    public static IReadOnlyList<Change> Of(JsonNode? actual, JsonNode? declared)
    {
        var changes = new List<Change>();
        Compare("", actual, declared, changes);
        return changes;
    }

    private static void Compare(string path, JsonNode? actual, JsonNode? declared, List<Change> into)
    {
        if (actual is JsonObject ours && declared is JsonObject theirs)
        {
            foreach (var name in ours.Select(member => member.Key).Union(theirs.Select(member => member.Key)).Order(StringComparer.Ordinal))
                Compare(path.Length == 0 ? name : $"{path}.{name}", ours[name], theirs[name], into);
        }
        else if (actual is JsonArray some && declared is JsonArray others)
        {
            for (var i = 0; i < Math.Max(some.Count, others.Count); i++)
                Compare($"{path}[{i}]", i < some.Count ? some[i] : null, i < others.Count ? others[i] : null, into);
        }
        else if (Hash(actual) != Hash(declared))
        {
            into.Add(new(path, actual?.ToJsonString(), declared?.ToJsonString()));
        }
    }
}
