using System.Buffers;
using System.Buffers.Binary;

namespace Serving.Node.Log.Columnar;

/// <summary>Which rows have a value, and where lists begin, as Parquet writes it: each kind of level after its length in bytes (4).</summary>
internal static class Levels
{
    private const int EmptyList = 1;
    private const int Element = 2;
    private const int BitsOfElement = 2;

    /// <param name="counts">For each row at least 0, or -1 where there is no value.</param>
    public static void WritePresence(Cells<byte> into, ReadOnlySpan<int> counts)
    {
        var begin = Begin(into);
        if (!counts.Contains(-1))
        {
            Runs.WriteRun(into, 1, counts.Length, bits: 1);
        }
        else
        {
            var levels = ArrayPool<int>.Shared.Rent(counts.Length);
            for (var i = 0; i < counts.Length; i++)
                levels[i] = counts[i] < 0 ? 0 : 1;
            Runs.Write(into, levels.AsSpan(0, counts.Length), bits: 1);
            ArrayPool<int>.Shared.Return(levels);
        }

        End(into, begin);
    }

    public static void WriteAllPresent(Cells<byte> into, int rows)
    {
        var begin = Begin(into);
        Runs.WriteRun(into, 1, rows, bits: 1);
        End(into, begin);
    }

    /// <param name="counts">Elements of each row's list; -1 where there is no list.</param>
    /// <returns>Levels written: one for each element, and one for each list without any.</returns>
    public static int WriteLists(Cells<byte> into, ReadOnlySpan<int> counts)
    {
        var entries = 0;
        var plain = true;
        foreach (var count in counts)
        {
            entries += Math.Max(1, count);
            plain &= count > 0;
        }

        var begin = Begin(into);
        WriteStarts(into, counts, entries);
        End(into, begin);

        begin = Begin(into);
        if (plain)
            Runs.WriteRun(into, Element, entries, BitsOfElement);
        else
            WriteElements(into, counts, entries);
        End(into, begin);
        return entries;
    }

    /// <summary>0 where a row begins, 1 where its list goes on.</summary>
    private static void WriteStarts(Cells<byte> into, ReadOnlySpan<int> counts, int entries)
    {
        var bits = ArrayPool<byte>.Shared.Rent((entries + 7) / 8);
        var packed = bits.AsSpan(0, (entries + 7) / 8);
        packed.Fill(byte.MaxValue);
        var at = 0;
        foreach (var count in counts)
        {
            packed[at >> 3] &= (byte)~(1 << (at & 7));
            at += Math.Max(1, count);
        }

        Runs.WriteBits(into, packed);
        ArrayPool<byte>.Shared.Return(bits);
    }

    private static void WriteElements(Cells<byte> into, ReadOnlySpan<int> counts, int entries)
    {
        var levels = ArrayPool<int>.Shared.Rent(entries);
        var at = 0;
        foreach (var count in counts)
        {
            if (count > 0)
                levels.AsSpan(at, count).Fill(Element);
            else
                levels[at] = count < 0 ? 0 : EmptyList;
            at += Math.Max(1, count);
        }

        Runs.Write(into, levels.AsSpan(0, entries), BitsOfElement);
        ArrayPool<int>.Shared.Return(levels);
    }

    private static int Begin(Cells<byte> into)
    {
        into.Room(sizeof(int));
        return into.Count;
    }

    private static void End(Cells<byte> into, int begin) => BinaryPrimitives.WriteInt32LittleEndian(into.Written(begin - sizeof(int), sizeof(int)), into.Count - begin);
}
