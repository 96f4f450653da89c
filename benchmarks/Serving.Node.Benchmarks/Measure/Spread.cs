using System.Globalization;

namespace Serving.Node.Benchmarks.Measure;

/// <summary>What paired rounds say: their median, and the least and the most of them.</summary>
internal sealed record Spread(double Median, double Least, double Most)
{
    public static Spread Of(IEnumerable<double> rounds)
    {
        var all = rounds.ToList();
        return new Spread(Middle.Of(all), all.Min(), all.Max());
    }

    public string Text(string format)
    {
        return $"{Number(Median)} ({Number(Least)}–{Number(Most)})";

        string Number(double value) => value.ToString(format, CultureInfo.InvariantCulture);
    }
}
