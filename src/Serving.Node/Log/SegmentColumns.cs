using System.Text;

namespace Serving.Node.Log;

/// <summary>The rows of one endpoint and hour, column by column, until they are a segment. Not thread-safe.</summary>
internal sealed class SegmentColumns
{
    private readonly Dictionary<string, ValueColumn> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ValueColumn>.AlternateLookup<ReadOnlySpan<char>> _valuesByText;
    private readonly List<SegmentRow> _rows = [];
    private readonly List<(double Prediction, double Confidence)> _watched = [];

    public SegmentColumns() => _valuesByText = _values.GetAlternateLookup<ReadOnlySpan<char>>();

    public RepeatedText Release { get; } = new();

    public RepeatedText Model { get; } = new();

    public RepeatedText Version { get; } = new();

    public RepeatedText Arm { get; } = new();

    public RepeatedText Protocol { get; } = new();

    public RepeatedText Error { get; } = new();

    public int Rows => _rows.Count;

    public IReadOnlyList<SegmentRow> Fixed => _rows;

    /// <summary>Inputs, outputs and entities, in the order of their names.</summary>
    public IEnumerable<ValueColumn> Values => _values.Values.OrderBy(column => column.Name, StringComparer.Ordinal);

    public void Add(in SegmentRow row)
    {
        _rows.Add(row);
        _watched.Add((double.NaN, double.NaN));
    }

    public void Watch(int row, double prediction, double confidence) => _watched[row] = (prediction, confidence);

    public double? Prediction(int row) => Finite(_watched[row].Prediction);

    public double? Confidence(int row) => Finite(_watched[row].Confidence);

    public ValueColumn Of(ReadOnlySpan<byte> utf8Name)
    {
        Span<char> name = utf8Name.Length <= 512 ? stackalloc char[utf8Name.Length] : new char[utf8Name.Length];
        name = name[..Encoding.UTF8.GetChars(utf8Name, name)];
        if (_valuesByText.TryGetValue(name, out var known))
            return known;
        var column = new ValueColumn(name.ToString());
        _values.Add(column.Name, column);
        return column;
    }

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}

/// <summary>The columns that every row has. Times in microseconds, <paramref name="At"/> since the Unix epoch.</summary>
internal readonly record struct SegmentRow(
    string RequestId, long At, int Row, string Release, string Model, string Version, string Arm, string? Unit, string Protocol, int Status, string? Error,
    long Queue, long ModelTime, long Total, double Sample);
