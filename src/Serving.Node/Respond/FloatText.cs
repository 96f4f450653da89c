using System.Buffers.Text;

namespace Serving.Node.Respond;

/// <summary>
/// The shortest decimal that is read as the same float again, the one the platform's own formatter gives, several times faster for what models and
/// callers mostly have: a few decimals, or seven to nine digits between 0.0001 and ten millions. Thread-safe.
/// </summary>
internal static class FloatText
{
    /// <summary>Room that always suffices.</summary>
    public const int MostBytes = 32;

    private const float Smallest = 1e-4f;
    private const float Largest = 1e7f;

    private static readonly double[] _powers = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13];

    /// <param name="value">Finite.</param>
    /// <returns>Bytes written.</returns>
    public static int Write(float value, Span<byte> into)
    {
        var size = MathF.Abs(value);
        if (size is >= Smallest and < Largest)
        {
            // Every decimal nearer than half the way to the next float below is read as this one; a hair less, for the rounding of the product.
            var half = ((double)size - MathF.BitDecrement(size)) * 0.4999999;
            for (var decimals = 0; decimals < _powers.Length; decimals++)
            {
                var scaled = size * _powers[decimals];
                var rounded = Math.Round(scaled);
                if (Math.Abs(scaled - rounded) <= half * _powers[decimals])
                    return Digits((ulong)rounded, decimals, value < 0, into);
            }
        }

        Utf8Formatter.TryFormat(value, into, out var written);
        return written;
    }

    private static int Digits(ulong digits, int decimals, bool isNegative, Span<byte> into)
    {
        var at = 0;
        if (isNegative)
            into[at++] = (byte)'-';
        var power = (ulong)_powers[decimals];
        Utf8Formatter.TryFormat(digits / power, into[at..], out var written);
        at += written;
        if (decimals == 0)
            return at;
        into[at++] = (byte)'.';
        var rest = digits % power;
        for (var place = at + decimals - 1; place >= at; place--)
        {
            into[place] = (byte)('0' + rest % 10);
            rest /= 10;
        }

        return at + decimals;
    }
}
