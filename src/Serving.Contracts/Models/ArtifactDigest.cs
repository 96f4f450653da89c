using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Serving.Contracts.Models;

/// <summary>The name of an artifact by its content: <c>sha256:</c> and 64 hex digits.</summary>
public static class ArtifactDigest
{
    /// <summary>SHA-256 of the canonical form of <c>{"v":1,"files":[{"path","size","sha256"}…]}</c>, files sorted by path.</summary>
    public static string Of(ArtifactManifest manifest)
    {
        var files = manifest.Files
            .OrderBy(file => file.Path, StringComparer.Ordinal)
            .Select(file => (JsonNode)new JsonObject { ["path"] = file.Path, ["size"] = file.Size, ["sha256"] = file.Sha256 });

        return "sha256:" + Convert.ToHexStringLower(SHA256.HashData(CanonicalJson.Write(new JsonObject { ["v"] = 1, ["files"] = new JsonArray([.. files]) })));
    }
}
