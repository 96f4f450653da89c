using System.Text.Json.Serialization;

namespace ControlPlane.Web.Shared;

/// <summary>Measurements of an endpoint: this moment, and the course of the last quarter of an hour (NaN where nothing was measured).</summary>
/// <param name="RequestsPerSecond">Null when no node sends figures.</param>
/// <param name="ErrorShare">0 to 1 of the answered requests.</param>
/// <param name="Total">Answered requests in the course.</param>
/// <param name="Shares">Of each arm in the answered requests of this moment, 0 to 1; empty without requests.</param>
[JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
public sealed record FiguresNow(
    double? RequestsPerSecond,
    double? ErrorShare,
    double? P50Ms,
    double? P99Ms,
    double? RefusedPerSecond,
    long Total,
    IReadOnlyDictionary<string, double> Shares,
    IReadOnlyList<double> Requests,
    IReadOnlyList<double> Errors,
    IReadOnlyList<double> Latency,
    IReadOnlyList<double> Refused)
{
    /// <summary>How far back the course goes.</summary>
    public static readonly TimeSpan Span = TimeSpan.FromMinutes(15);

    /// <param name="measured">Of one endpoint, in parts of <paramref name="step"/> at most.</param>
    /// <param name="end">Where the course ends.</param>
    /// <param name="moment">How much of the newest counts as this moment.</param>
    public static FiguresNow? Of(IReadOnlyCollection<Measured> measured, DateTimeOffset end, TimeSpan step, TimeSpan moment)
    {
        var steps = (int)(Span / step);
        var course = new Measured?[steps];
        var now = new Measured(end, "", "");
        var arms = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var part in measured)
        {
            var index = steps - 1 - (int)((end - part.At - TimeSpan.FromTicks(1)) / step);
            if (part.At >= end || index < 0)
                continue;
            (course[index] ??= new Measured(part.At, "", "")).Add(part);
            if (part.At >= end - moment)
            {
                now.Add(part);
                arms[part.Arm] = arms.GetValueOrDefault(part.Arm) + part.Requests;
            }
        }

        if (Array.TrueForAll(course, part => part is null))
            return null;

        var total = arms.Values.Sum();
        double[] Points(Func<Measured, double> value) => [.. course.Select(part => part is null ? double.NaN : value(part))];
        return new(
            now.Requests / moment.TotalSeconds,
            now.Requests == 0 ? null : (double)now.Errors / now.Requests,
            now.QuantileMs(0.5),
            now.QuantileMs(0.99),
            now.Refused / moment.TotalSeconds,
            course.Sum(part => part?.Requests ?? 0),
            total == 0 ? new Dictionary<string, double>() : arms.ToDictionary(arm => arm.Key, arm => (double)arm.Value / total, StringComparer.Ordinal),
            Points(part => part.Requests / step.TotalSeconds),
            Points(part => part.Requests == 0 ? double.NaN : (double)part.Errors / part.Requests),
            Points(part => part.QuantileMs(0.99) ?? double.NaN),
            Points(part => part.Refused / step.TotalSeconds));
    }
}
