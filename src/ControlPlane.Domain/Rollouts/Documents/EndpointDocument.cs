using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Releases;
using Serving.Contracts;
using Serving.Contracts.State;

namespace ControlPlane.Domain.Rollouts.Documents;

/// <summary>An endpoint as it is declared: its settings, the release it is to serve, and how that release comes.</summary>
/// <param name="Release">Null: whatever serves is left as it is.</param>
/// <param name="Rollout">The <c>rollout</c> part; null: the usual one.</param>
public sealed record EndpointDocument(string Environment, EndpointSettings Settings, DeclaredRelease? Release, JsonObject? Rollout)
{
    public const string Kind = "Endpoint";

    private static readonly JsonSerializerOptions _strict = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.Strict,
    };

    /// <returns>What was read, refused by the member's name: what is misspelt must not be what is left out.</returns>
    public static Outcome<EndpointDocument> Read(JsonObject document)
    {
        try
        {
            var body = ((JsonObject)WithMicroseconds(document)).Deserialize<Body>(_strict)!;
            if (body.Environment is not { Length: > 0 } environment)
                return Refusal.Invalid("environment", "environment must say where the endpoint is.");
            if (body.Name is not { Length: > 0 } name)
                return Refusal.Invalid("name", "name must say which endpoint it is.");
            if (body.Release is { } release && (release.FeatureSchema is not null || release.Binding is not null))
                return Refusal.Invalid("release.featureSchema", "Feature schemas are not part of this version; the caller gives the model's tensors.");
            if (body.Release is { } given && given.Model?.Split('@') is not [{ Length: > 0 }, { Length: > 0 }])
                return Refusal.Invalid("release.model", "release.model is name@version or name@alias.");

            var settings = new EndpointSettings(name, body.Pool, body.Mode, body.AssignmentKey, body.SloP99Ms, body.Logging, body.Monitor, body.Limits, body.Cache);
            return (Names.Check("name", name) ?? settings.Check()) is { } refusal ? refusal
                : new EndpointDocument(environment, settings, body.Release is null ? null : new(body.Release.Model!.Split('@')[0], body.Release.Model.Split('@')[1], body.Release.Runtime), body.Rollout);
        }
        catch (JsonException wrong)
        {
            var field = wrong.Path?.TrimStart('$', '.') is { Length: > 0 } path ? path : "document";
            // The library speaks of types of the program; what a person needs is the name of the member.
            return Refusal.Invalid(field, wrong.Message.Contains("could not be mapped", StringComparison.Ordinal)
                ? $"{field} is no member of an {Kind} document. See docs/deployments-as-code.md, or export one." : $"{field} has another form here: a number, a text or members were expected.");
        }
    }

    /// <summary>An endpoint as it is, in the form of a document: the same content is the same text.</summary>
    /// <param name="stable">What serves; null: nothing does.</param>
    public static JsonObject Of(Endpoint endpoint, Release? stable)
    {
        var body = new Body(
            Kind, endpoint.Environment, endpoint.Name, endpoint.Pool, endpoint.Mode, endpoint.AssignmentKey, endpoint.SloP99Ms, endpoint.Logging, endpoint.Monitor, endpoint.Limits, endpoint.Cache,
            stable is null ? null : new(string.Create(CultureInfo.InvariantCulture, $"{stable.Model}@{stable.Version}"), null, null, stable.Runtime), null);
        return (JsonObject)WithDurations(JsonSerializer.SerializeToNode(body, _strict)!);
    }

    /// <summary><c>maxDelay: 1ms</c> is how people write it.</summary>
    private static JsonNode WithMicroseconds(JsonObject document)
    {
        var copy = (JsonObject)document.DeepClone();
        if (copy["release"] is JsonObject release && release["runtime"] is JsonObject runtime && runtime["batching"] is JsonObject batching
            && batching["maxDelay"] is JsonValue text && text.GetValueKind() == JsonValueKind.String && Durations.Parse(text.GetValue<string>()) is { } delay)
        {
            batching.Remove("maxDelay");
            batching["maxDelayUs"] = (long)delay.TotalMicroseconds;
        }

        return copy;
    }

    private static JsonNode WithDurations(JsonNode document)
    {
        if (document["release"]?["runtime"]?["batching"] is JsonObject batching && batching["maxDelayUs"] is { } delay)
        {
            batching["maxDelay"] = Durations.Write(TimeSpan.FromMicroseconds(delay.GetValue<long>()));
            batching.Remove("maxDelayUs");
        }

        return document;
    }

    private sealed record Body(
        string? Kind, string? Environment, string? Name, string? Pool, string? Mode, string? AssignmentKey, double? SloP99Ms, LoggingState? Logging, MonitorState? Monitor, LimitsState? Limits,
        CacheState? Cache, ReleaseBody? Release, JsonObject? Rollout);

    private sealed record ReleaseBody(string? Model, string? FeatureSchema, JsonObject? Binding, RuntimeConfiguration? Runtime);
}

/// <param name="Version">A number or an alias.</param>
/// <param name="Runtime">Null: the usual one.</param>
public sealed record DeclaredRelease(string Model, string Version, RuntimeConfiguration? Runtime);
