using System.Numerics;

namespace Serving.Contracts.Reports;

/// <summary>
/// Counts of durations between 1 µs and 134 s: 64 linear parts for every power of two, so that a read-out is wrong by 0.8 % at most.
/// Histograms of many nodes add up without loss. Not thread-safe.
/// </summary>
public sealed class LatencyHistogram
{
    public const long MaxMicroseconds = (1L << 27) - 1;

    private const int PartBits = 6;
    private const int Parts = 1 << PartBits;
    private const int Slots = (27 - PartBits) * Parts + Parts;

    private readonly long[] _counts = new long[Slots];

    public long Count { get; private set; }

    /// <param name="microseconds">Taken to the nearest end of the range when outside it.</param>
    public void Record(long microseconds) => Add(SlotOf(microseconds), 1);

    public void Merge(LatencyHistogram other)
    {
        for (var slot = 0; slot < Slots; slot++)
            _counts[slot] += other._counts[slot];
        Count += other.Count;
    }

    public void Clear()
    {
        Array.Clear(_counts);
        Count = 0;
    }

    /// <summary>Share of durations above a limit, 0 to 1; 0 when there are none.</summary>
    public double ShareAbove(long microseconds)
    {
        if (Count == 0)
            return 0;

        long above = 0;
        for (var slot = SlotOf(microseconds) + 1; slot < Slots; slot++)
            above += _counts[slot];
        return (double)above / Count;
    }

    /// <param name="quantile">0 to 1.</param>
    /// <returns>Microseconds: the middle of the slot that holds the rank; null when nothing was recorded.</returns>
    public double? Quantile(double quantile)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(quantile);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quantile, 1);
        if (Count == 0)
            return null;

        var rank = Math.Max(1, (long)Math.Ceiling(quantile * Count));
        long seen = 0;
        for (var slot = 0; slot < Slots; slot++)
        {
            seen += _counts[slot];
            if (seen >= rank)
                return MiddleOf(slot);
        }

        return MiddleOf(Slots - 1);
    }

    /// <summary>Pairs of (slots skipped, count) for slots that hold something, as variable-length integers.</summary>
    public byte[] ToBytes()
    {
        var bytes = new List<byte>();
        var last = -1;
        for (var slot = 0; slot < Slots; slot++)
        {
            if (_counts[slot] == 0)
                continue;
            Put(bytes, (ulong)(slot - last - 1));
            Put(bytes, (ulong)_counts[slot]);
            last = slot;
        }

        return [.. bytes];
    }

    /// <summary>Adds what another process wrote with <see cref="ToBytes"/>.</summary>
    /// <returns>False, and nothing is added, when the bytes are no histogram.</returns>
    public bool TryMerge(ReadOnlySpan<byte> bytes)
    {
        var read = new LatencyHistogram();
        var slot = -1;
        while (!bytes.IsEmpty)
        {
            if (!TryTake(ref bytes, out var skipped) || skipped >= Slots || !TryTake(ref bytes, out var count) || count > long.MaxValue / 2)
                return false;
            slot += (int)skipped + 1;
            if (slot >= Slots)
                return false;
            read.Add(slot, (long)count);
        }

        Merge(read);
        return true;
    }

    private void Add(int slot, long count)
    {
        _counts[slot] += count;
        Count += count;
    }

    /// <summary>The slot of a duration: 0 to <see cref="SlotCount"/> - 1, for counters kept elsewhere.</summary>
    public static int SlotOf(long microseconds)
    {
        var value = (uint)Math.Clamp(microseconds, 1, MaxMicroseconds);
        var shift = Math.Max(0, BitOperations.Log2(value) - PartBits);
        return shift * Parts + (int)(value >> shift);
    }

    public const int SlotCount = Slots;

    /// <summary>Adds counts kept by slot (<see cref="SlotOf"/>).</summary>
    public void AddSlot(int slot, long count) => Add(slot, count);

    private static double MiddleOf(int slot)
    {
        var shift = Math.Max(0, slot / Parts - 1);
        long lower = (long)(slot - shift * Parts) << shift;
        return lower + ((1L << shift) - 1) / 2.0;
    }

    private static void Put(List<byte> bytes, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
    }

    private static bool TryTake(ref ReadOnlySpan<byte> bytes, out ulong value)
    {
        value = 0;
        for (var shift = 0; shift < 63 && !bytes.IsEmpty; shift += 7)
        {
            var part = bytes[0];
            bytes = bytes[1..];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
                return true;
        }

        return false;
    }
}
