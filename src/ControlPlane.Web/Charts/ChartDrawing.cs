using ControlPlane.Web.Shared;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace ControlPlane.Web.Charts;

/// <summary>Draws a chart for one width and theme as SVG.</summary>
internal static class ChartDrawing
{
    public const int Height = 268;
    private const int Left = 48, Bottom = 26, Top = 32;

    /// <param name="width">Pixels the picture will have on the page, so that its text is not scaled.</param>
    public static string Svg(ChartData data, ChartPalette palette, int width)
    {
        var style = ChartFont.Style;
        using var plot = Draw(data, palette, width);
        var svg = plot.GetSvgXml(width, Height);
        var head = svg.IndexOf('>', svg.IndexOf("<svg", StringComparison.Ordinal)) + 1;
        return svg.Insert(head, style);
    }

    private static Plot Draw(ChartData data, ChartPalette palette, int width)
    {
        var right = RightOf(width);
        var plot = Frame(palette, right);
        var shown = data.Series.Select(series => series with { Points = Reduction.Of(series.Points, Math.Min(400, width * 2)) }).ToList();

        var highest = shown.SelectMany(series => series.Points).Select(point => point.Value).Where(double.IsFinite).DefaultIfEmpty(0).Max();
        var isLimitOnScale = data.Limit is { } l && l <= (highest > 0 ? highest * 1.6 : 1);
        var ticks = Scale.Values(isLimitOnScale ? Math.Max(highest, data.Limit!.Value) : highest);
        var span = data.To - data.From;
        plot.Axes.SetLimits(0, span.TotalSeconds, 0, ticks[^1]);
        plot.Axes.Left.TickGenerator = new NumericManual([.. ticks], [.. ticks.Select(tick => Scale.Text(tick, ticks[1]))]);
        var times = Scale.Times(data.From, data.To, Math.Max(2, (width - Left - right) / 90)).ToList();
        plot.Axes.Bottom.TickGenerator = new NumericManual([.. times.Select(time => X(data, time.At))], [.. times.Select(time => time.Text)]);

        Limit(plot, data, palette, ticks[^1], isLimitOnScale, width);
        foreach (var (series, whole) in shown.Zip(data.Series))
            Line(plot, data, series, LongestStep(data, whole.Points.Count, series.Points.Count), palette);
        EndLabels(plot, data, shown, palette, ticks[^1]);
        Markers(plot, data, palette, ticks[^1], width, data.Limit is not null && !isLimitOnScale);
        return plot;
    }

    private static Plot Frame(ChartPalette palette, int right)
    {
        var plot = new Plot();
        plot.Font.Set(ChartFont.Name);
        plot.FigureBackground.Color = Color.FromHex(palette.Surface);
        plot.DataBackground.Color = Color.FromHex(palette.Surface);
        foreach (var axis in new IAxis[] { plot.Axes.Left, plot.Axes.Right, plot.Axes.Top })
            axis.FrameLineStyle.IsVisible = false;
        plot.Axes.Bottom.FrameLineStyle.Color = Color.FromHex(palette.Axis);
        foreach (var axis in new IAxis[] { plot.Axes.Left, plot.Axes.Bottom })
        {
            axis.TickLabelStyle.FontName = ChartFont.Name;
            axis.TickLabelStyle.FontSize = 11.5f;
            axis.TickLabelStyle.ForeColor = Color.FromHex(palette.Text);
            axis.MinorTickStyle.Length = 0;
            axis.MajorTickStyle.Color = Color.FromHex(palette.Axis);
        }

        plot.Axes.Left.MajorTickStyle.Length = 0;
        plot.Axes.Bottom.MajorTickStyle.Length = 4;
        plot.Grid.XAxisStyle.IsVisible = false;
        plot.Grid.YAxisStyle.MajorLineStyle.Color = Color.FromHex(palette.Grid);
        plot.Grid.YAxisStyle.MajorLineStyle.Width = 1;
        plot.Layout.Fixed(new PixelPadding(left: Left, right: right, bottom: Bottom, top: Top));
        return plot;
    }

    private static void Line(Plot plot, ChartData data, ChartSeries series, TimeSpan longestStep, ChartPalette palette)
    {
        var (pattern, width) = ChartPalette.StrokeOf(series.Role);
        foreach (var run in Reduction.Runs(series.Points, longestStep))
        {
            double[] xs = [.. run.Select(point => X(data, point.At))];
            double[] ys = [.. run.Select(point => point.Value)];
            if (run.Count == 1)
                (xs, ys) = ([xs[0], xs[0] + data.Step.TotalSeconds / 2], [ys[0], ys[0]]);   // a lone point would not be seen
            var line = plot.Add.ScatterLine(xs, ys, Color.FromHex(palette.LineOf(series.Role)));
            line.LineWidth = width;
            line.LinePattern = pattern;
        }
    }

    // After the reduction neighbours may lie further apart than the measurements did.
    internal static TimeSpan LongestStep(ChartData data, int whole, int kept) => data.Step * (whole > kept ? 5d * whole / kept : 2.5);

    private static void Limit(Plot plot, ChartData data, ChartPalette palette, double top, bool isOnScale, int width)
    {
        if (data.Limit is not { } limit)
            return;

        var name = $"limit {Scale.Text(limit, limit)} {data.Unit}";
        if (isOnScale)
        {
            plot.Add.HorizontalLine(limit, 1.5f, Color.FromHex(palette.Bad), ChartPalette.Limit);
            plot.Add.Plottable(new OutsideText(name, new(0, limit), 11.5f, palette.BadText, Alignment.LowerLeft, 4, -3));
        }
        else
        {
            plot.Add.Plottable(new OutsideText(width < 420 ? $"\u2191 {name}" : $"\u2191 {name}, above this scale", new(0, top), 11.5f, palette.BadText, Alignment.LowerLeft, 0, -4));
        }
    }

    private static void EndLabels(Plot plot, ChartData data, List<ChartSeries> shown, ChartPalette palette, double top)
    {
        const float apart = 15;
        var pixels = (Height - Top - Bottom) / top;
        var free = float.MinValue;
        var ends = shown.Select(series => (series, last: series.Points.LastOrDefault(point => double.IsFinite(point.Value), new(default, double.NaN))))
            .Where(end => double.IsFinite(end.last.Value))
            .OrderByDescending(end => end.last.Value);
        foreach (var (series, last) in ends)
        {
            var y = (float)(-last.Value * pixels);
            var at = Math.Max(y, free);
            free = at + apart;
            var text = $"{series.Label} {Scale.Text(last.Value, last.Value)}";
            plot.Add.Plottable(new OutsideText(text, new((data.To - data.From).TotalSeconds, last.Value), 12, palette.TextOf(series.Role), Alignment.MiddleLeft, 8, at - y));
        }
    }

    private static void Markers(Plot plot, ChartData data, ChartPalette palette, double top, int width, bool isCornerTaken)
    {
        const double letter = 6.3;                                   // mean width of a letter at this size
        var perSecond = (width - Left - RightOf(width)) / (data.To - data.From).TotalSeconds;
        var taken = isCornerTaken ? 160.0 : 0;                       // pixels from the left that have text
        foreach (var marker in data.Markers.Where(marker => marker.At > data.From && marker.At <= data.To).OrderBy(marker => marker.At))
        {
            var x = X(data, marker.At);
            plot.Add.VerticalLine(x, 1, Color.FromHex(palette.Axis));
            var (pixel, length) = (x * perSecond, marker.Label.Length * letter + 6);
            var isLeft = pixel - length > taken;                     // text stands left of its line, so that the next line does not cross it
            if (!isLeft && pixel < taken)
                continue;                                            // no room: the table names it
            plot.Add.Plottable(new OutsideText(marker.Label, new(x, top), 11.5f, palette.Text, isLeft ? Alignment.LowerRight : Alignment.LowerLeft, isLeft ? -3 : 3, -4));
            taken = isLeft ? pixel : pixel + length;
        }
    }

    private static int RightOf(int width) => width < 420 ? 64 : 92;

    private static double X(ChartData data, DateTimeOffset at) => (at - data.From).TotalSeconds;
}
