using Microsoft.ML.OnnxRuntime.Tensors;
using Serving.Node.Log.Columnar;

namespace Serving.Node.Log.Segments;

/// <summary>A <see cref="LogHead"/> as it was read, and where the rows of its records go just now. Not thread-safe.</summary>
internal sealed class ReadHead(string endpoint, string release, string model, string version, string arm, double sample, ReadColumn[] columns)
{
    private ValueColumn[] _into = [];

    public string Endpoint => endpoint;

    public string Release => release;

    public string Model => model;

    public string Version => version;

    public string Arm => arm;

    /// <summary>Share of units that are logged, 0 to 1.</summary>
    public double Sample => sample;

    public ReadColumn[] Columns => columns;

    /// <summary>The hour of <see cref="Segment"/>, counted from the Unix epoch; -1: none yet.</summary>
    public long Hour { get; private set; } = -1;

    public SegmentColumns Segment { get; private set; } = null!;

    /// <summary>Its place among the heads of <see cref="Segment"/>.</summary>
    public int Place { get; private set; }

    public ValueColumn Into(int column) => _into[column];

    public void GoTo(long hour, SegmentColumns segment)
    {
        (Hour, Segment) = (hour, segment);
        Place = segment.Heads.Count;
        segment.Heads.Add(this);
        _into = Array.ConvertAll(columns, column => segment.Of(column.Name, column.Physical, column.IsList)
            ?? throw new InvalidOperationException($"The segment has another column {column.Name}."));
    }
}

internal sealed record ReadColumn(string Name, ColumnKind Kind, TensorElementType Type)
{
    public PhysicalType Physical { get; } = Kind == ColumnKind.Text ? PhysicalType.Text : LogColumn.PhysicalOf(Type) ?? throw new ArgumentException($"{Type} is not kept as numbers.");

    public bool IsList => Kind == ColumnKind.Numbers;
}
