using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Serving.Contracts;

/// <summary>The one byte form of a JSON value that hashes are taken over: RFC 8785 (JCS).</summary>
public static class CanonicalJson
{
    /// <exception cref="JsonException">A number is not finite, or not representable.</exception>
    public static byte[] Write(JsonNode? value)
    {
        var into = new ArrayBufferWriter<byte>(1024);
        Write(value, into);
        return into.WrittenSpan.ToArray();
    }

    private static void Write(JsonNode? value, ArrayBufferWriter<byte> into)
    {
        switch (value)
        {
            case null:
                into.Write("null"u8);
                break;
            case JsonObject members:
                WriteObject(members, into);
                break;
            case JsonArray items:
                WriteArray(items, into);
                break;
            default:
                WriteScalar(value, into);
                break;
        }
    }

    private static void WriteObject(JsonObject members, ArrayBufferWriter<byte> into)
    {
        into.Write("{"u8);
        var first = true;
        // Ordinal comparison of .NET strings is the order by UTF-16 code units that RFC 8785, 3.2.3 asks for.
        foreach (var (name, value) in members.OrderBy(member => member.Key, StringComparer.Ordinal))
        {
            if (!first)
                into.Write(","u8);
            first = false;
            WriteString(name, into);
            into.Write(":"u8);
            Write(value, into);
        }

        into.Write("}"u8);
    }

    private static void WriteArray(JsonArray items, ArrayBufferWriter<byte> into)
    {
        into.Write("["u8);
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0)
                into.Write(","u8);
            Write(items[i], into);
        }

        into.Write("]"u8);
    }

    private static void WriteScalar(JsonNode value, ArrayBufferWriter<byte> into)
    {
        switch (value.GetValueKind())
        {
            case JsonValueKind.True:
                into.Write("true"u8);
                break;
            case JsonValueKind.False:
                into.Write("false"u8);
                break;
            case JsonValueKind.String:
                WriteString(value.GetValue<string>(), into);
                break;
            default:
                into.Write(Encoding.ASCII.GetBytes(Number(double.Parse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture))));
                break;
        }
    }

    private static void WriteString(string text, ArrayBufferWriter<byte> into)
    {
        var escaped = new StringBuilder(text.Length + 2).Append('"');
        foreach (var character in text)
        {
            _ = character switch
            {
                '"' => escaped.Append("\\\""),
                '\\' => escaped.Append("\\\\"),
                '\b' => escaped.Append("\\b"),
                '\t' => escaped.Append("\\t"),
                '\n' => escaped.Append("\\n"),
                '\f' => escaped.Append("\\f"),
                '\r' => escaped.Append("\\r"),
                < ' ' => escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}"),
                _ => escaped.Append(character),
            };
        }

        into.Write(Encoding.UTF8.GetBytes(escaped.Append('"').ToString()));
    }

    /// <summary>A number as ECMAScript prints it: the shortest digits that read back the same, plain between 1e-7 and 1e21.</summary>
    internal static string Number(double value)
    {
        if (!double.IsFinite(value))
            throw new JsonException("A number in a canonical document must be finite.");
        if (value == 0)
            return "0";

        // "E16" rounds; "R" gives the shortest digits, in a notation of its own that is taken apart here.
        var text = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture);
        var exponentAt = text.IndexOf('E');
        var exponent = exponentAt < 0 ? 0 : int.Parse(text.AsSpan(exponentAt + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var mantissa = exponentAt < 0 ? text : text[..exponentAt];
        var pointAt = mantissa.IndexOf('.');
        var whole = pointAt < 0 ? mantissa : mantissa[..pointAt];
        var digits = (whole + (pointAt < 0 ? "" : mantissa[(pointAt + 1)..])).TrimStart('0');
        var leadingZeros = whole.Length + (pointAt < 0 ? 0 : mantissa.Length - pointAt - 1) - digits.Length;
        // 0.digits × 10^point
        var point = whole.Length - leadingZeros + exponent;
        digits = digits.TrimEnd('0');
        return (value < 0 ? "-" : "") + Place(digits, point);
    }

    private static string Place(string digits, int point) => point switch
    {
        > 21 or < -5 => digits[..1] + (digits.Length > 1 ? "." + digits[1..] : "") + (point > 0 ? "e+" : "e-") + Math.Abs(point - 1),
        _ when point >= digits.Length => digits.PadRight(point, '0'),
        > 0 => digits[..point] + "." + digits[point..],
        _ => "0." + new string('0', -point) + digits,
    };
}
