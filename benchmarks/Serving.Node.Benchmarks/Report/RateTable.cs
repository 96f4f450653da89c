using System.Globalization;
using System.Text;
using Serving.Node.Benchmarks.Measure;

namespace Serving.Node.Benchmarks.Report;

/// <summary>Contenders side by side, in Markdown.</summary>
internal static class RateTable
{
    public static string Of(string title, IReadOnlyList<Contender> contenders, Contender floor)
    {
        var text = new StringBuilder($"| {title} | requests/s | against {floor.Name} | p50 µs | p99 µs | CPU µs a request |\n|---|---|---|---|---|---|\n");
        foreach (var one in contenders)
            text.Append(CultureInfo.InvariantCulture, $"| {one.Name} | {one.PerSecond:# ##0} | {one.RateAgainst(floor).Text("0.00")} | {Number(one.P50, "0")} | {Number(one.P99, "0")} | {Number(one.Processor, "0.0")} |\n");
        return text.Append('\n').ToString();
    }

    private static string Number(double value, string format) => double.IsNaN(value) ? "" : value.ToString(format, CultureInfo.InvariantCulture);
}
