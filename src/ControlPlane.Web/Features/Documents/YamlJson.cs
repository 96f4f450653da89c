using System.Globalization;
using System.Text.Json.Nodes;
using ControlPlane.Domain.Primitives;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace ControlPlane.Web.Features.Documents;

/// <summary>
/// Documents out of YAML 1.2, or JSON, which is the same. Anchors, aliases and tags are refused: they are not needed, and a few of them make gigabytes of a page.
/// </summary>
internal static class YamlJson
{
    public const int MostDocuments = 200;

    private const int MostNodes = 50_000;
    private const int MostDepth = 32;

    /// <returns>Every document of the text that is not empty; refused with the line.</returns>
    public static Outcome<IReadOnlyList<JsonObject>> Read(TextReader text)
    {
        var documents = new List<JsonObject>();
        try
        {
            var parser = new Parser(text);
            parser.Consume<StreamStart>();
            var left = MostNodes;
            while (parser.Accept<DocumentStart>(out _))
            {
                var start = parser.Consume<DocumentStart>();
                var node = Node(parser, MostDepth, ref left);
                parser.Consume<DocumentEnd>();
                if (node is JsonObject document)
                    documents.Add(document);
                else if (node is not null)
                    return Refusal.Invalid("document", $"Line {start.Start.Line}: a document is made of members, such as kind: Endpoint.");
                if (documents.Count > MostDocuments)
                    return Refusal.Invalid("document", $"At most {MostDocuments} documents at a time.");
            }

            return documents;
        }
        catch (YamlException wrong)
        {
            return Refusal.Invalid("document", $"Line {wrong.Start.Line}, column {wrong.Start.Column}: {wrong.InnerException?.Message ?? wrong.Message}");
        }
    }

    private static JsonNode? Node(IParser parser, int depth, ref int left)
    {
        if (--left < 0 || depth == 0)
            throw new YamlException(parser.Current!.Start, parser.Current.End, depth == 0 ? $"nested deeper than {MostDepth}." : $"more than {MostNodes} values.");
        if (parser.Current is NodeEvent { Anchor.IsEmpty: false } or AnchorAlias)
            throw new YamlException(parser.Current.Start, parser.Current.End, "anchors and aliases are not taken; write it out.");
        if (parser.Current is NodeEvent { Tag: { IsEmpty: false, IsNonSpecific: false } })
            throw new YamlException(parser.Current.Start, parser.Current.End, "tags are not taken.");
        if (parser.TryConsume<Scalar>(out var scalar))
            return Value(scalar);
        if (parser.TryConsume<SequenceStart>(out _))
        {
            var items = new JsonArray();
            while (!parser.TryConsume<SequenceEnd>(out _))
                items.Add(Node(parser, depth - 1, ref left));
            return items;
        }

        parser.Consume<MappingStart>();
        var members = new JsonObject();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var name = parser.Consume<Scalar>();
            var value = Node(parser, depth - 1, ref left);
            if (!members.TryAdd(name.Value, value))
                throw new YamlException(name.Start, name.End, $"{name.Value} is there twice.");
        }

        return members;
    }

    /// <summary>The core schema, without its octal and hexadecimal numbers.</summary>
    private static JsonNode? Value(Scalar scalar)
    {
        if (scalar.Style is not ScalarStyle.Plain)
            return JsonValue.Create(scalar.Value);
        return scalar.Value switch
        {
            "" or "~" or "null" or "Null" or "NULL" => null,
            "true" or "True" or "TRUE" => JsonValue.Create(true),
            "false" or "False" or "FALSE" => JsonValue.Create(false),
            var text when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => JsonValue.Create(whole),
            var text when (char.IsAsciiDigit(text[0]) || text[0] is '-' or '+' or '.') && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) => JsonValue.Create(number),
            var text => JsonValue.Create(text),
        };
    }
}
