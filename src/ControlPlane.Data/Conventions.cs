using System.Text.Json;
using System.Text.Json.Serialization;
using ControlPlane.Domain.Primitives;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace ControlPlane.Data;

/// <summary>How types are stored, the same on every provider.</summary>
internal static class Conventions
{
    public const int NameLength = 64;
    public const int ReleaseLength = 80;

    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowReadingFromString | JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static void Apply(ModelConfigurationBuilder builder)
    {
        // Ticks, since SQLite has no type for instants that it can sort.
        builder.Properties<DateTimeOffset>().HaveConversion<UtcTicks>();
        builder.Properties<TimeSpan>().HaveConversion<long>();
        builder.Properties<ModelId>().HaveConversion<ModelIdConverter>();
        builder.Properties<VersionId>().HaveConversion<VersionIdConverter>();
        builder.Properties<UploadId>().HaveConversion<UploadIdConverter>();
        builder.Properties<EndpointId>().HaveConversion<EndpointIdConverter>();
        builder.Properties<RolloutId>().HaveConversion<RolloutIdConverter>();
        builder.Properties<ApprovalId>().HaveConversion<ApprovalIdConverter>();
        builder.Properties<NodeId>().HaveConversion<NodeIdConverter>();
        builder.Properties<TokenId>().HaveConversion<TokenIdConverter>();
    }

    /// <summary>Stores a value as JSON text. Never indexed, never queried into.</summary>
    public static PropertyBuilder<T> IsJson<T>(this PropertyBuilder<T> property)
    {
        property.HasConversion(
            new ValueConverter<T, string>(value => JsonSerializer.Serialize(value, _json), text => JsonSerializer.Deserialize<T>(text, _json)!),
            new ValueComparer<T>((a, b) => ReferenceEquals(a, b) || Text(a) == Text(b), value => Text(value).GetHashCode(StringComparison.Ordinal), value => value));
        return property;
    }

    private static string Text<T>(T? value) => JsonSerializer.Serialize(value, _json);

    private sealed class UtcTicks() : ValueConverter<DateTimeOffset, long>(at => at.UtcTicks, ticks => new DateTimeOffset(ticks, TimeSpan.Zero));

    private sealed class ModelIdConverter() : ValueConverter<ModelId, Guid>(id => id.Value, value => new ModelId(value));

    private sealed class VersionIdConverter() : ValueConverter<VersionId, Guid>(id => id.Value, value => new VersionId(value));

    private sealed class UploadIdConverter() : ValueConverter<UploadId, Guid>(id => id.Value, value => new UploadId(value));

    private sealed class EndpointIdConverter() : ValueConverter<EndpointId, Guid>(id => id.Value, value => new EndpointId(value));

    private sealed class RolloutIdConverter() : ValueConverter<RolloutId, Guid>(id => id.Value, value => new RolloutId(value));

    private sealed class ApprovalIdConverter() : ValueConverter<ApprovalId, Guid>(id => id.Value, value => new ApprovalId(value));

    private sealed class NodeIdConverter() : ValueConverter<NodeId, Guid>(id => id.Value, value => new NodeId(value));

    private sealed class TokenIdConverter() : ValueConverter<TokenId, Guid>(id => id.Value, value => new TokenId(value));
}
