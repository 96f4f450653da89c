using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlPlane.Domain.Primitives;
using Serving.Contracts;

namespace ControlPlane.Domain.Rollouts.Documents;

/// <summary>The first thing in a document that could not be read.</summary>
internal sealed class Defects
{
    public Refusal? First { get; private set; }

    public void Add(string field, string message) => First ??= Refusal.Invalid(field, message);
}

/// <summary>One object of a document, read member by member. What cannot be read is noted by its name, and reading goes on with nothing.</summary>
internal sealed class Members(JsonObject from, string field, Defects defects)
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    public static Members? Of(JsonNode? node, string field, Defects defects)
    {
        if (node is JsonObject members)
            return new(members, field, defects);
        defects.Add(field, $"{field} must be an object.");
        return null;
    }

    public string? Text(string name) => Find(name) is not { } node ? null
        : node.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : Wrong<string>(name, "text");

    public string? OneOf(string name, params string[] words) => Text(name) is not { } word || words.Contains(word) ? Text(name) : Wrong<string>(name, $"one of {string.Join(", ", words)}");

    public bool Is(string name, string yes, string no) => OneOf(name, yes, no) == yes;

    public double? Number(string name) => Find(name) is not { } node ? null
        : node.GetValueKind() == JsonValueKind.Number ? Finite(name, node) : Missing(name, "a number");

    public long? Whole(string name) => Number(name) is not { } number ? null
        : number == Math.Floor(number) && Math.Abs(number) < 1e15 ? (long)number : (long?)Missing(name, "a whole number");

    /// <summary><c>5%</c>, or a number as it is.</summary>
    public double? Ratio(string name)
    {
        if (Find(name) is not { } node || node.GetValueKind() != JsonValueKind.String)
            return Number(name);
        var text = node.GetValue<string>();
        return text.EndsWith('%') && double.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent) && double.IsFinite(percent)
            ? percent / 100 : Missing(name, "a share such as 5%");
    }

    /// <summary><c>5%</c>, or basis points: parts of ten thousand.</summary>
    public int? BasisPoints(string name)
    {
        var points = Find(name)?.GetValueKind() == JsonValueKind.String ? Ratio(name) * 10_000 : Number(name);
        return points is not { } value ? null
            : Math.Abs(value - Math.Round(value)) < 1e-6 && Math.Abs(value) < 1e9 ? (int)Math.Round(value) : (int?)Missing(name, "a share in whole basis points: hundredths of a percent");
    }

    public TimeSpan? Time(string name) => Text(name) is not { } text ? null : Durations.Parse(text) is { } time ? time : Nothing(name, "a duration such as 30s, 10m or 7d");

    public IReadOnlyList<T>? List<T>(string name, Func<JsonNode?, string, T?> read)
        where T : class
    {
        if (Find(name) is not { } node)
            return null;
        if (node is not JsonArray items)
        {
            defects.Add($"{field}.{name}", $"{field}.{name} must be a list.");
            return null;
        }

        return [.. items.Select((item, index) => read(item, $"{field}.{name}[{index}]")).OfType<T>()];
    }

    public JsonNode? Find(string name)
    {
        _known.Add(name);
        return from.TryGetPropertyValue(name, out var node) ? node : null;
    }

    /// <summary>A member that nobody asked for is a mistake: what is misspelt must not be what is left out.</summary>
    public void NothingElse()
    {
        foreach (var (name, _) in from)
        {
            if (!_known.Contains(name))
                defects.Add($"{field}.{name}", $"{field} has no member {name}. Members are {string.Join(", ", _known)}.");
        }
    }

    private double? Finite(string name, JsonNode node) =>
        double.TryParse(node.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : Missing(name, "a finite number");

    private T? Wrong<T>(string name, string what)
        where T : class
    {
        defects.Add($"{field}.{name}", $"{field}.{name} must be {what}.");
        return null;
    }

    private double? Missing(string name, string what)
    {
        Wrong<string>(name, what);
        return null;
    }

    private TimeSpan? Nothing(string name, string what)
    {
        Wrong<string>(name, what);
        return null;
    }
}
