using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Serving.Contracts.State;

/// <summary>A desired state and the very bytes that carry it, hash included. Immutable; made by <see cref="Seal"/> or <see cref="Verify"/> only.</summary>
public sealed class StateDocument
{
    private const string HashMember = "contentHash";
    private const string RevisionMember = "revision";

    private static readonly JsonDocumentOptions _strict = new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    private StateDocument(DesiredState state, ReadOnlyMemory<byte> utf8)
    {
        State = state;
        Utf8 = utf8;
    }

    public DesiredState State { get; }

    public ReadOnlyMemory<byte> Utf8 { get; }

    public string ContentHash => State.ContentHash!;

    /// <summary>Writes the state out, hashed.</summary>
    public static StateDocument Seal(DesiredState state)
    {
        var open = JsonSerializer.SerializeToNode(state with { ContentHash = null }, ContractsJson.Default.DesiredState)!.AsObject();
        var hash = HashOf(open);
        open[HashMember] = hash;
        return new StateDocument(state with { ContentHash = hash }, JsonSerializer.SerializeToUtf8Bytes(open, ContractsJson.Default.JsonObject));
    }

    /// <summary>
    /// Reads a document as received. The hash is taken over what was received, so members this reader does not know are covered by it.
    /// </summary>
    /// <param name="defect">Why it was refused, one sentence; null when it was accepted.</param>
    public static StateDocument? Verify(ReadOnlyMemory<byte> utf8, out string? defect)
    {
        try
        {
            using var parsed = JsonDocument.Parse(utf8, _strict);
            defect = DefectOf(parsed.RootElement, out var state);
            return defect is null ? new StateDocument(state!, utf8) : null;
        }
        // The parser leaves strings as they are until they are read; one that is no UTF-8 is then no JsonException.
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException { InnerException: DecoderFallbackException })
        {
            defect = $"The desired state is not valid JSON for this node: {malformed.Message}";
            return null;
        }
    }

    /// <summary>The revision that a document claims which <see cref="Verify"/> refused, so that whoever published it hears of it; 0: it names none.</summary>
    public static long RevisionClaimedBy(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using var parsed = JsonDocument.Parse(utf8, _strict);
            return parsed.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty(RevisionMember, out var revision)
                && revision.ValueKind == JsonValueKind.Number && revision.TryGetInt64(out var claimed) && claimed > 0 ? claimed : 0;
        }
        catch (JsonException)
        {
            return 0;
        }
    }

    private static string? DefectOf(JsonElement root, out DesiredState? state)
    {
        state = null;
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty(HashMember, out var claimed) || claimed.ValueKind != JsonValueKind.String)
            return "The desired state carries no content hash.";

        var open = JsonObject.Create(root)!;
        open.Remove(HashMember);
        var actual = HashOf(open);
        if (!string.Equals(actual, claimed.GetString(), StringComparison.Ordinal))
            return $"The desired state's content hash is {claimed.GetString()}, its content gives {actual}.";

        state = root.Deserialize(ContractsJson.Default.DesiredState)!;
        return state.SchemaVersion == DesiredState.CurrentSchemaVersion
            ? StateReferences.DefectOf(state)
            : $"The desired state has schema version {state.SchemaVersion}; this node reads {DesiredState.CurrentSchemaVersion}.";
    }

    private static string HashOf(JsonObject open) =>
        "sha256:" + Convert.ToHexStringLower(SHA256.HashData(CanonicalJson.Write(open)));
}
