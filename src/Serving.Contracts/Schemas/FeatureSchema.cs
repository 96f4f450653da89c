using System.Text.Json;

namespace Serving.Contracts.Schemas;

/// <summary>The features a model is fed with, immutable once published.</summary>
public sealed record FeatureSchema(string Name, int Version, IReadOnlyList<FeatureDefinition> Features);

/// <param name="Type"><c>float32</c>, <c>int64</c>, <c>bool</c>, <c>string</c> or <c>float32[n]</c>.</param>
/// <param name="Source"><c>online</c>, <c>request</c> or <c>input</c>.</param>
/// <param name="Entity">Entity type, for online features.</param>
/// <param name="Transform">Named transform or expression, for request features.</param>
/// <param name="MaxAgeSeconds">Older values take the default.</param>
/// <param name="Range">Smallest and largest value allowed.</param>
public sealed record FeatureDefinition(
    string Name, string Type, string Source, string? Entity = null, string? Transform = null,
    JsonElement? Default = null, long? MaxAgeSeconds = null, IReadOnlyList<double>? Range = null);
