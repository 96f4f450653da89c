namespace Serving.Node.Tensors;

/// <summary>
/// Reads decimals of up to 15 or so digits, which is what callers send, several times faster than the platform's parser and to the same bits; leaves the others to it. Thread-safe.
/// </summary>
/// <remarks>W. D. Clinger, How to read floating point numbers accurately (PLDI 1990): a whole number below 2⁵³ divided by a power of ten up to 10²² is rounded once.</remarks>
internal static class NumberText
{
    private const ulong MostDigits = 1UL << 53;

    // A double this far between two floats would be rounded a second time, perhaps to the other side.
    private const ulong BelowFloat = (1UL << 29) - 1;
    private const ulong Halfway = 1UL << 28;

    private static readonly double[] _powers =
        [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22];

    /// <param name="json">A number as JSON has it.</param>
    /// <returns>False: it has an exponent, or too many digits.</returns>
    public static bool TryRead(ReadOnlySpan<byte> json, out double value)
    {
        value = 0;
        var isNegative = json[0] == (byte)'-';
        var digits = 0UL;
        var decimals = -1;
        foreach (var character in isNegative ? json[1..] : json)
        {
            var digit = (uint)character - '0';
            if (digit <= 9)
            {
                digits = digits * 10 + digit;
                if (digits > MostDigits)
                    return false;
                decimals += decimals < 0 ? 0 : 1;
            }
            else if (character == (byte)'.')
            {
                decimals = 0;
            }
            else
            {
                return false;
            }
        }

        if (decimals >= _powers.Length)
            return false;
        var size = decimals <= 0 ? digits : digits / _powers[decimals];
        value = isNegative ? -size : size;
        return true;
    }

    /// <inheritdoc cref="TryRead(ReadOnlySpan{byte}, out double)"/>
    public static bool TryRead(ReadOnlySpan<byte> json, out float value)
    {
        var isKnown = TryRead(json, out double exact) && (BitConverter.DoubleToUInt64Bits(exact) & BelowFloat) != Halfway;
        value = (float)exact;
        return isKnown;
    }
}
