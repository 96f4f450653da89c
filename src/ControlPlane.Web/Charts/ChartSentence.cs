namespace ControlPlane.Web.Charts;

/// <summary>What a chart shows, in words, for those who do not see it. Made from the same data.</summary>
internal static class ChartSentence
{
    /// <returns>"Latency p99: v11 45 to 58 ms, now 48. No breach of 200 ms."</returns>
    public static string Of(ChartData data) => $"{data.Title}: {Short(data)}";

    public static string Short(ChartData data)
    {
        if (data.IsEmpty)
            return "No data in this range.";

        var arms = data.Series.Select(series => Arm(series, data.Unit)).OfType<string>();
        return $"{string.Join("; ", arms)}.{Breach(data)}";
    }

    private static string? Arm(ChartSeries series, string unit)
    {
        var values = series.Points.Select(point => point.Value).Where(double.IsFinite).ToList();
        if (values.Count == 0)
            return null;

        var (low, high) = (Number(values.Min()), Number(values.Max()));
        return $"{series.Label} {(low == high ? low : $"{low} to {high}")} {unit}, now {Number(values[^1])}";
    }

    private static string Breach(ChartData data)
    {
        if (data.Limit is not { } limit)
            return "";

        var over = data.Series.Where(series => series.Points.Any(point => point.Value > limit)).Select(series => series.Label).ToList();
        return over.Count == 0 ? $" No breach of {Number(limit)} {data.Unit}." : $" {string.Join(" and ", over)} went over {Number(limit)} {data.Unit}.";
    }

    internal static string Number(double value) => Scale.Text(value, value < 10 ? value : 10);
}
