using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Serving.Contracts;

namespace ControlPlane.Domain.Rollouts;

/// <summary>What an approval is bound to: every member of the plan and the release it brings.</summary>
public static class PlanHash
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <returns><c>sha256:</c> and 64 hex digits, over the canonical form.</returns>
    public static string Of(RolloutPlan plan) =>
        "sha256:" + Convert.ToHexStringLower(SHA256.HashData(CanonicalJson.Write(JsonSerializer.SerializeToNode(plan, _json))));
}
