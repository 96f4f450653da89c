using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Serving.Contracts.Schemas;
using Serving.Contracts.State;

namespace Serving.Contracts.Models;

/// <summary>The name of a release by its content: <c>rel-</c> and 64 hex digits; the same content has the same name on any installation.</summary>
public static class ReleaseId
{
    /// <summary>SHA-256 of the canonical form of <c>{"v":1,"artifact","schema","binding","runtime"}</c>; defaults written out, what is absent left out.</summary>
    public static string Of(string artifactDigest, string? schemaDigest, Binding? binding, RuntimeConfiguration runtime)
    {
        var content = new JsonObject { ["v"] = 1, ["artifact"] = artifactDigest };
        if (schemaDigest is not null)
            content["schema"] = schemaDigest;
        if (binding is not null)
            content["binding"] = JsonSerializer.SerializeToNode(binding, ContractsJson.Default.Binding);
        content["runtime"] = JsonSerializer.SerializeToNode(runtime, ContractsJson.Default.RuntimeConfiguration);
        return "rel-" + Convert.ToHexStringLower(SHA256.HashData(CanonicalJson.Write(content)));
    }

    /// <summary>The first 12 hex digits, as pages show it.</summary>
    public static string Short(string release) =>
        release.StartsWith("rel-", StringComparison.Ordinal) && release.Length > 16 ? release[..16] : release;
}
