using ScottPlot;

namespace ControlPlane.Web.Charts;

/// <summary>Text beside or above the data area; the library's own text is cut off there.</summary>
/// <param name="dx">Pixels to the right.</param>
/// <param name="dy">Pixels down.</param>
internal sealed class OutsideText(string text, Coordinates at, float size, string colour, Alignment alignment, float dx, float dy) : IPlottable
{
    public bool IsVisible { get; set; } = true;
    public IAxes Axes { get; set; } = new Axes();
    public IEnumerable<LegendItem> LegendItems => [];

    public AxisLimits GetAxisLimits() => AxisLimits.NoLimits;

    public void Render(RenderPack rp)
    {
        rp.CanvasState.DisableClipping();
        using var paint = Paint.NewDisposablePaint();
        var style = new LabelStyle { Text = text, FontName = ChartFont.Name, FontSize = size, ForeColor = Color.FromHex(colour), Alignment = alignment };
        style.Render(rp.Canvas, Axes.GetPixel(at).WithOffset(dx, dy), paint);
    }
}
