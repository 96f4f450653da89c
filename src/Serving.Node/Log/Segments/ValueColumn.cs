using System.Buffers.Binary;
using Serving.Node.Log.Columnar;

namespace Serving.Node.Log.Segments;

/// <summary>One input, output or entity over the rows of a segment, as it will lie in the file. Rows are written in ascending order. Not thread-safe.</summary>
internal sealed class ValueColumn(string name, PhysicalType type, bool isList) : IDisposable
{
    private const int None = -1;

    private readonly Cells<byte> _values = new();
    private readonly Cells<int> _counts = new();

    public string Name => name;

    public PhysicalType Type => type;

    public bool IsList => isList;

    /// <summary>Values of one row, written into the span; rows left out before have none.</summary>
    /// <param name="bytes">Of all values of the row together.</param>
    public Span<byte> Set(int row, int count, int bytes)
    {
        Pad(row);
        _counts.Add(count);
        return _values.Room(bytes);
    }

    public void SetText(int row, ReadOnlySpan<byte> utf8)
    {
        var room = Set(row, 1, sizeof(int) + utf8.Length);
        BinaryPrimitives.WriteInt32LittleEndian(room, utf8.Length);
        utf8.CopyTo(room[sizeof(int)..]);
    }

    public void WriteTo(ParquetFile file, int rows)
    {
        Pad(rows);
        if (isList)
            file.Lists(name, type, _values.Span, _counts.Span);
        else
            file.Optional(name, type, _values.Span, _counts.Span);
    }

    public void Dispose()
    {
        _values.Dispose();
        _counts.Dispose();
    }

    private void Pad(int row)
    {
        if (_counts.Count < row)
            _counts.Room(row - _counts.Count).Fill(None);
    }
}
