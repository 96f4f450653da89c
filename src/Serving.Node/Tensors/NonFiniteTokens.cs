namespace Serving.Node.Tensors;

/// <summary>Some clients write NaN, Infinity and -Infinity as bare words, which JSON does not know; put in quotes they can be read.</summary>
internal static class NonFiniteTokens
{
    private const byte Quote = (byte)'"';

    /// <returns>The same body where it has none of them, else a copy with them in quotes.</returns>
    public static ReadOnlyMemory<byte> Quoted(ReadOnlyMemory<byte> json)
    {
        var bytes = json.Span;
        if (bytes.IndexOf("NaN"u8) < 0 && bytes.IndexOf("Infinity"u8) < 0)
            return json;

        var quoted = new List<byte>(bytes.Length + 64);
        var isText = false;
        for (var at = 0; at < bytes.Length;)
        {
            var length = isText ? 0 : LengthAt(bytes[at..]);
            if (length > 0)
            {
                quoted.Add(Quote);
                quoted.AddRange(bytes.Slice(at, length));
                quoted.Add(Quote);
                at += length;
                continue;
            }

            if (bytes[at] == Quote)
                isText = !isText;
            else if (isText && bytes[at] == (byte)'\\' && at + 1 < bytes.Length)
                quoted.Add(bytes[at++]);
            quoted.Add(bytes[at++]);
        }

        return quoted.ToArray();
    }

    private static int LengthAt(ReadOnlySpan<byte> rest) => rest switch
    {
        _ when rest.StartsWith("NaN"u8) => 3,
        _ when rest.StartsWith("Infinity"u8) => 8,
        _ when rest.StartsWith("-Infinity"u8) => 9,
        _ => 0,
    };
}
