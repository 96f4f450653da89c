using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Serving.Node.Log.Columnar;

namespace Serving.Node.Log.Segments;

/// <summary>The rows of one endpoint and hour, column by column, until they are a segment. Not thread-safe.</summary>
internal sealed class SegmentColumns : IDisposable
{
    private readonly Dictionary<string, ValueColumn> _values = new(StringComparer.Ordinal);
    private readonly Cells<byte> _least = new();
    private readonly Cells<byte> _greatest = new();

    public List<ReadHead> Heads { get; } = [];

    public Cells<byte> RequestIds { get; } = new();

    public Cells<long> At { get; } = new();

    public Cells<int> Row { get; } = new();

    /// <summary>Places in <see cref="Heads"/>.</summary>
    public Cells<int> Head { get; } = new();

    public RepeatedTexts Protocol { get; } = new();

    public RepeatedTexts Error { get; } = new();

    public Cells<int> Status { get; } = new();

    /// <summary>0: the model was run; 1: a kept answer was given.</summary>
    public Cells<int> FromCache { get; } = new();

    public Cells<int> Queue { get; } = new();

    public Cells<int> Model { get; } = new();

    public Cells<int> Total { get; } = new();

    public ValueColumn Unit { get; } = new("unit", PhysicalType.Text, isList: false);

    public ValueColumn Prediction { get; } = new("prediction", PhysicalType.Real64, isList: false);

    public ValueColumn Confidence { get; } = new("confidence", PhysicalType.Real64, isList: false);

    public int Rows => At.Count;

    /// <summary>The least and the greatest request id.</summary>
    public ColumnRange Ids => new(_least.Span.ToArray(), _greatest.Span.ToArray());

    /// <summary>Inputs, outputs and entities, in the order of their names.</summary>
    public IEnumerable<ValueColumn> Values => _values.Values.OrderBy(column => column.Name, StringComparer.Ordinal);

    public void AddRequestId(ReadOnlySpan<byte> utf8)
    {
        var room = RequestIds.Room(sizeof(int) + utf8.Length);
        BinaryPrimitives.WriteInt32LittleEndian(room, utf8.Length);
        utf8.CopyTo(room[sizeof(int)..]);
        if (_least.Count == 0 || utf8.SequenceCompareTo(_least.Span) < 0)
            Keep(_least, utf8);
        if (utf8.SequenceCompareTo(_greatest.Span) > 0)
            Keep(_greatest, utf8);
    }

    /// <summary>A watched number of a row; what is not finite is none.</summary>
    public static void Watch(ValueColumn column, int row, double value)
    {
        if (double.IsFinite(value))
            MemoryMarshal.Write(column.Set(row, 1, sizeof(double)), value);
    }

    /// <returns>The column of that name; null: there is one of another form.</returns>
    public ValueColumn? Of(string name, PhysicalType type, bool isList)
    {
        if (!_values.TryGetValue(name, out var column))
            _values[name] = column = new ValueColumn(name, type, isList);
        return column.Type == type && column.IsList == isList ? column : null;
    }

    public bool Accepts(ReadHead head) => Array.TrueForAll(head.Columns, wanted =>
        !_values.TryGetValue(wanted.Name, out var there) || (there.Type == wanted.Physical && there.IsList == wanted.IsList));

    /// <summary>For values that are no numbers although their column's are: text under a name of its own.</summary>
    public ValueColumn TextBeside(string name)
    {
        var beside = name + ".text";
        ValueColumn? column;
        while ((column = Of(beside, PhysicalType.Text, isList: false)) is null)
            beside += "_";
        return column;
    }

    /// <summary>Gives the memory of all columns back.</summary>
    public void Dispose()
    {
        foreach (var cells in (ReadOnlySpan<IDisposable>)[_least, _greatest, RequestIds, At, Row, Head, Protocol.Codes, Error.Codes, Status, FromCache, Queue, Model, Total, Unit, Prediction, Confidence])
            cells.Dispose();
        foreach (var column in _values.Values)
            column.Dispose();
    }

    private static void Keep(Cells<byte> into, ReadOnlySpan<byte> id)
    {
        into.Clear();
        into.Add(id);
    }
}
