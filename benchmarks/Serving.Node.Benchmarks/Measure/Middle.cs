namespace Serving.Node.Benchmarks.Measure;

/// <summary>The median: of an even count the upper of the two in the middle.</summary>
internal static class Middle
{
    public static double Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }
}
