using System.Globalization;

namespace Serving.Contracts.Models.Onnx;

/// <summary>The part of a file outside that a tensor names, as the model says it: decimal text, or absent.</summary>
internal readonly record struct ExternalRange(string? Offset, string? Length)
{
    /// <param name="size">Bytes of the file.</param>
    /// <returns>First byte and byte after the last; null: it is no part of the file.</returns>
    public (long From, long To)? Within(long size)
    {
        if (!TryRead(Offset, 0, out var from) || !TryRead(Length, size - from, out var length) || from > size || length > size - from)
            return null;
        return (from, from + length);
    }

    private static bool TryRead(string? text, long otherwise, out long value)
    {
        value = otherwise;
        return text is null ? otherwise >= 0 : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }
}
