using System.Buffers;

namespace Serving.Node.Log.Columnar;

/// <summary>
/// Values one after the other, in rented memory that grows and goes back with <see cref="Dispose"/>: a busy node seals megabytes every second, and arrays of
/// that size made anew each time would have the collector go through everything each time. Not thread-safe.
/// </summary>
internal sealed class Cells<T> : IDisposable
    where T : unmanaged
{
    private const int Smallest = 64;

    private T[] _items = [];

    public int Count { get; private set; }

    public ReadOnlySpan<T> Span => _items.AsSpan(0, Count);

    public void Add(T value)
    {
        if (Count == _items.Length)
            Grow(1);
        _items[Count++] = value;
    }

    public void Add(ReadOnlySpan<T> values) => values.CopyTo(Room(values.Length));

    /// <summary>Makes room for so many values at the end, to be written by the caller.</summary>
    public Span<T> Room(int count)
    {
        if (_items.Length - Count < count)
            Grow(count);
        var room = _items.AsSpan(Count, count);
        Count += count;
        return room;
    }

    /// <summary>Values that were written before, to be changed.</summary>
    public Span<T> Written(int from, int count) => _items.AsSpan(0, Count).Slice(from, count);

    public void Clear() => Count = 0;

    public void Dispose()
    {
        Return(_items);
        _items = [];
        Count = 0;
    }

    private void Grow(int more)
    {
        var larger = ArrayPool<T>.Shared.Rent(Math.Max(checked(Count + more), Math.Max(Smallest, (int)Math.Min(_items.Length * 2L, Array.MaxLength))));
        Span.CopyTo(larger);
        Return(_items);
        _items = larger;
    }

    private static void Return(T[] items)
    {
        if (items.Length > 0)
            ArrayPool<T>.Shared.Return(items);
    }
}
