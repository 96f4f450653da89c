namespace ControlPlane.Web.Charts;

/// <summary>Makes long series short enough to draw without hiding a peak: each part of the time keeps its lowest and its highest point.</summary>
internal static class Reduction
{
    /// <param name="most">Points to keep at most; at least 4.</param>
    public static IReadOnlyList<ChartPoint> Of(IReadOnlyList<ChartPoint> points, int most)
    {
        if (points.Count <= most)
            return points;

        var parts = most / 2;
        var kept = new List<ChartPoint>(most);
        for (var part = 0; part < parts; part++)
        {
            var from = (int)((long)part * points.Count / parts);
            var to = (int)((long)(part + 1) * points.Count / parts);
            Keep(points, from, to, kept);
        }

        return kept;
    }

    private static void Keep(IReadOnlyList<ChartPoint> points, int from, int to, List<ChartPoint> kept)
    {
        var (low, high) = (-1, -1);
        for (var i = from; i < to; i++)
        {
            if (!double.IsFinite(points[i].Value))
                continue;
            if (low < 0 || points[i].Value < points[low].Value)
                low = i;
            if (high < 0 || points[i].Value > points[high].Value)
                high = i;
        }

        if (low < 0)
            kept.Add(points[from]);          // a gap stays a gap
        else if (low == high)
            kept.Add(points[low]);
        else
            kept.AddRange(low < high ? [points[low], points[high]] : [points[high], points[low]]);
    }

    /// <summary>Cuts a series where nothing was measured.</summary>
    public static IEnumerable<List<ChartPoint>> Runs(IReadOnlyList<ChartPoint> points, TimeSpan longestStep)
    {
        var run = new List<ChartPoint>();
        foreach (var point in points)
        {
            var isBroken = !double.IsFinite(point.Value) || (run.Count > 0 && point.At - run[^1].At > longestStep);
            if (isBroken && run.Count > 0)
            {
                yield return run;
                run = [];
            }

            if (double.IsFinite(point.Value))
                run.Add(point);
        }

        if (run.Count > 0)
            yield return run;
    }
}
