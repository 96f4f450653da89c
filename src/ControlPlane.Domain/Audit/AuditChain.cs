using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Serving.Contracts;

namespace ControlPlane.Domain.Audit;

/// <summary>Seals rows: each by SHA-256 over the seal before it and the canonical JSON of the whole row, so that none is changed, dropped or put in unseen.</summary>
public static class AuditChain
{
    /// <summary>What the first row is sealed onto.</summary>
    public static string Start { get; } = new('0', 64);

    public static string Seal(string previous, AuditEntry entry) =>
        Convert.ToHexStringLower(SHA256.HashData([.. Encoding.ASCII.GetBytes(previous), .. CanonicalJson.Write(Document(entry))]));

    /// <summary>Members without a value are left out, so that rows sealed before there was such a member stay as they were.</summary>
    private static JsonObject Document(AuditEntry entry)
    {
        // Numbers as text: JSON's are exact to 2^53 only.
        var document = new JsonObject
        {
            ["id"] = entry.Id.ToString(CultureInfo.InvariantCulture),
            ["at"] = Text(entry.At),
            ["actor"] = entry.Actor,
            ["actorKind"] = entry.ActorKind.ToString(),
            ["action"] = entry.Action,
            ["target"] = entry.Target,
            ["outcome"] = entry.Outcome,
        };
        Add(document, "reason", entry.Reason);
        Add(document, "before", entry.Before);
        Add(document, "after", entry.After);
        Add(document, "traceId", entry.TraceId);
        Add(document, "source", entry.Source);
        Add(document, "repeats", entry.Repeats?.ToString(CultureInfo.InvariantCulture));
        Add(document, "firstAt", entry.FirstAt is { } first ? Text(first) : null);
        return document;
    }

    private static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    private static void Add(JsonObject document, string name, string? value)
    {
        if (value is not null)
            document[name] = value;
    }
}
