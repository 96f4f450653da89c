using System.Runtime.InteropServices;
using System.Text.Json.Serialization;
using ControlPlane.Web.Shared;

namespace ControlPlane.Web.Charts;

/// <summary>What a chart shows; the picture, its sentence, its table and its CSV are all made from this.</summary>
/// <param name="Unit">After a number: "ms", "%", "requests/s".</param>
/// <param name="Step">Distance of the points; where the next is further away, the line is broken.</param>
/// <param name="Limit">In the unit of the values; null: there is none.</param>
public sealed record ChartData(
    string Title,
    string Unit,
    DateTimeOffset From,
    DateTimeOffset To,
    TimeSpan Step,
    IReadOnlyList<ChartSeries> Series,
    double? Limit,
    IReadOnlyList<ChartMarker> Markers)
{
    public bool IsEmpty => !Series.Any(series => series.Points.Any(point => double.IsFinite(point.Value)));
}

/// <param name="Label">Short: stands at the end of the line.</param>
/// <param name="Role">Stable is a solid blue line, candidate a dashed orange one, anything else ink.</param>
public sealed record ChartSeries(string Label, VersionRole Role, IReadOnlyList<ChartPoint> Points);

/// <param name="Value">NaN: nothing was measured, which is not zero.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ChartPoint(DateTimeOffset At, [property: JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)] double Value);

/// <summary>Something that happened: a vertical line with a flag.</summary>
public sealed record ChartMarker(DateTimeOffset At, string Label);
