namespace Serving.Node.Log.Columnar;

/// <summary>Parquet's hybrid of run lengths and packed bits, for small whole numbers: levels, and places in a dictionary.</summary>
internal static class Runs
{
    private const int Group = 8;

    /// <param name="bits">Width of a value, 1 to 31.</param>
    public static void Write(Cells<byte> into, ReadOnlySpan<int> values, int bits)
    {
        var at = 0;
        while (at < values.Length)
        {
            var same = Same(values[at..]);
            if (same >= Group || at + same == values.Length)
            {
                WriteRun(into, values[at], same, bits);
                at += same;
                continue;
            }

            var end = at + Group;
            while (end < values.Length && Same(values[end..]) < Group)
                end += Group;
            WritePacked(into, values[at..Math.Min(end, values.Length)], bits);
            at = end;
        }
    }

    public static void WriteRun(Cells<byte> into, int value, int count, int bits)
    {
        WriteVariable(into, (uint)count << 1);
        for (var shift = 0; shift < bits; shift += 8)
            into.Add((byte)(value >> shift));
    }

    /// <summary>Bits that are already packed, the first lowest.</summary>
    public static void WriteBits(Cells<byte> into, ReadOnlySpan<byte> packed)
    {
        WriteVariable(into, (uint)packed.Length << 1 | 1);
        into.Add(packed);
    }

    private static int Same(ReadOnlySpan<int> values)
    {
        var other = values.IndexOfAnyExcept(values[0]);
        return other < 0 ? values.Length : other;
    }

    private static void WritePacked(Cells<byte> into, ReadOnlySpan<int> values, int bits)
    {
        var groups = (values.Length + Group - 1) / Group;
        WriteVariable(into, (uint)groups << 1 | 1);
        var packed = into.Room(groups * bits);
        packed.Clear();
        for (var i = 0; i < values.Length; i++)
        {
            for (var (bit, left) = ((long)i * bits, (uint)values[i]); left != 0; bit++, left >>= 1)
            {
                if ((left & 1) != 0)
                    packed[(int)(bit >> 3)] |= (byte)(1 << (int)(bit & 7));
            }
        }
    }

    private static void WriteVariable(Cells<byte> into, uint value)
    {
        for (; value >= 0x80; value >>= 7)
            into.Add((byte)(value | 0x80));
        into.Add((byte)value);
    }
}
