using ControlPlane.Domain.Rollouts.Gates;
using ControlPlane.Domain.Statistics;
using Serving.Contracts.Reports;

namespace ControlPlane.Domain.Rollouts;

/// <summary>What was measured of the release that serves now.</summary>
/// <param name="PerSecond">Requests, 0 or more.</param>
/// <param name="Errors">Requests that failed, passed their deadline or were refused as invalid.</param>
/// <param name="Prediction">Of the watched output; of nothing where it is not watched.</param>
public sealed record StableTraffic(double PerSecond, long Requests, long Errors, LatencyHistogram Latency, Moments Prediction)
{
    /// <returns>What the planner of ramps asks for; a gate whose metric was not measured is missing in it.</returns>
    public Traffic For(IReadOnlyList<Gate> gates)
    {
        var rates = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var gate in gates)
        {
            if (RateOf(gate) is { } rate)
                rates[gate.Name] = rate;
        }

        return new(PerSecond, rates);
    }

    private double? RateOf(Gate gate) => gate.Metric switch
    {
        _ when Requests == 0 => null,
        GateMetrics.ErrorRate => Share(Errors),
        GateMetrics.LatencyAbove when gate.Limit is { } limit && Latency.Count > 0 => Share((long)Math.Round(Latency.ShareAbove((long)limit.TotalMicroseconds) * Requests)),
        GateMetrics.PredictionMean when Prediction.Count > 1 => Math.Sqrt(Prediction.Variance()),
        _ => null,
    };

    /// <summary>Half a failure is added (Jeffreys): none among a thousand does not mean that there are none.</summary>
    private double Share(long failures) => (failures + 0.5) / (Requests + 1.0);
}
