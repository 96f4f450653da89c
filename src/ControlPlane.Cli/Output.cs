using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;
using YamlDotNet.Serialization;

namespace ControlPlane.Cli;

/// <summary>Data goes to standard output in the form asked for; talk goes to standard error.</summary>
internal static class Output
{
    private static readonly JsonSerializerOptions _indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="columns">Heading and member of each column, for the form <c>table</c>; the first member is the name.</param>
    public static void List(string form, JsonArray items, params (string Heading, Func<JsonNode, string?> Value)[] columns)
    {
        if (Structured(form, items))
            return;
        if (form == "name")
        {
            foreach (var item in items)
                Console.Out.WriteLine(columns[0].Value(item!));
            return;
        }

        var widths = columns.Select(column => items.Select(item => column.Value(item!)?.Length ?? 0).Append(column.Heading.Length).Max()).ToList();
        Console.Out.WriteLine(Line(columns.Select(column => column.Heading), widths));
        foreach (var item in items)
            Console.Out.WriteLine(Line(columns.Select(column => Plain(column.Value(item!))), widths));
        if (items.Count == 0)
            Say("None.");
    }

    public static void Show(string form, JsonNode item, string name, params (string Label, string? Value)[] lines)
    {
        if (Structured(form, item))
            return;
        if (form == "name")
        {
            Console.Out.WriteLine(name);
            return;
        }

        var width = lines.Max(line => line.Label.Length);
        foreach (var (label, value) in lines.Where(line => !string.IsNullOrEmpty(line.Value)))
            Console.Out.WriteLine($"{label.PadRight(width)}  {Plain(value)}");
    }

    /// <summary>Talk: never on standard output.</summary>
    public static void Say(string text) => Console.Error.WriteLine(text);

    /// <summary>A line that is written over, only where a person watches.</summary>
    public static void Progress(string text)
    {
        if (!Console.IsErrorRedirected)
            Console.Error.Write($"\r{text.PadRight(78)}");
    }

    public static void ProgressEnded()
    {
        if (!Console.IsErrorRedirected)
            Console.Error.WriteLine();
    }

    public static void Fail(string text)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        if (Console.IsErrorRedirected || Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 })
            Say($"Error: {text}");
        else
            console.MarkupLine($"[red]Error:[/] {Markup.Escape(text)}");
    }

    private static bool Structured(string form, JsonNode value)
    {
        switch (form)
        {
            case "json":
                Console.Out.WriteLine(value.ToJsonString(_indented));
                return true;
            case "yaml":
                Console.Out.Write(new SerializerBuilder().Build().Serialize(Bare(value)!));
                return true;
            default:
                return false;
        }
    }

    private static object? Bare(JsonNode? node) => node switch
    {
        JsonObject members => members.ToDictionary(member => member.Key, member => Bare(member.Value), StringComparer.Ordinal),
        JsonArray items => items.Select(Bare).ToList(),
        JsonValue value => value.GetValueKind() switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Number => value.GetValue<double>(),
            _ => value.ToString(),
        },
        _ => null,
    };

    private static string Line(IEnumerable<string?> cells, IReadOnlyList<int> widths) =>
        string.Join("  ", cells.Select((cell, i) => (cell ?? "").PadRight(widths[i]))).TrimEnd();

    /// <summary>Text of others must not steer the terminal.</summary>
    private static string? Plain(string? text) => text is null ? null : new string([.. text.Select(c => char.IsControl(c) ? ' ' : c)]);
}
