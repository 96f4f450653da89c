using ControlPlane.Domain.Statistics;
using Serving.Contracts.Reports;

namespace ControlPlane.Domain.Rollouts.Gates;

/// <summary>What a step asks of its windows.</summary>
/// <param name="Weight">Share of the candidate among the measured requests, 0 to 1 (a mirror at rate s: s / (1 + s)).</param>
/// <param name="InForceFrom">First window that had this weight from beginning to end; null: nodes have not all taken it yet.</param>
/// <param name="Steps">Steps of the plan that compare: a mean's α is spread over them.</param>
public sealed record StepTerms(int Attempt, int Step, double Weight, long? InForceFrom, int Steps)
{
    public GateWindow Window { get; init; } = GateWindow.Default;
}

/// <summary>Turns measurements into evidence, and evidence into verdicts. Pure: the same windows give the same verdict, whoever judges them and however often.</summary>
public static class Judge
{
    /// <summary>Windows without any request that one look may count. More at once is a clock that jumped or a control plane that stood still.</summary>
    public const long MostQuiet = 3;

    /// <summary>Windows without measurements, or a clock behind by as many, after which nothing can be said: five minutes of ten seconds each.</summary>
    public const long MostUnmeasured = 30;

    private const int RecentWindows = 5;
    private const int BreachedAt = 3;

    /// <param name="evidence">What was kept; of another attempt: it is not used.</param>
    public static Evaluation Evaluate(IReadOnlyList<Gate> gates, StepTerms terms, Evidence evidence, Measurements measured)
    {
        var before = At(terms, evidence);
        if (before.Through is { } judged && measured.Watermark < judged)
        {
            var behind = terms.Window.Time(judged - measured.Watermark);
            return Say(gates, terms, before, before.Through.Value,
                judged - measured.Watermark > MostUnmeasured ? $"The clock went back by {behind:g}: windows since then were judged already. Resuming begins anew from the clock's time." : null);
        }

        var due = Due(terms, before, measured);
        var after = Count(gates, terms, before, measured, due);
        return Say(gates, terms, after, after.Through ?? measured.Watermark,
            after.Unmeasured >= MostUnmeasured ? $"No measurements since {terms.Window.StartOf(after.Through!.Value - after.Unmeasured + 1):HH:mm:ss} UTC." : null);
    }

    /// <summary>Forgets how far was judged: what a person's <em>resume</em> does after the clock went back.</summary>
    public static Evidence BeginAnew(Evidence evidence, long watermark) => evidence with { Through = watermark, Unmeasured = 0 };

    private static Evidence At(StepTerms terms, Evidence evidence)
    {
        if (evidence.Attempt != terms.Attempt)
            evidence = new Evidence(terms.Attempt);
        return evidence.Step == terms.Step ? evidence : evidence with
        {
            Step = terms.Step,
            From = null,
            Held = 0,
            StableSamples = 0,
            CandidateSamples = 0,
            Gates = evidence.Gates.ToDictionary(
                gate => gate.Key, gate => gate.Value with { Stable = Sums.None, Candidate = Sums.None, Unusable = 0, Recent = [], Pool = Sums.None, Last = null }, StringComparer.Ordinal),
        };
    }

    /// <summary>Both arms of every window that is to be judged now, instances added up.</summary>
    private static SortedDictionary<long, List<ArmWindow>> Due(StepTerms terms, Evidence before, Measurements measured)
    {
        var due = new SortedDictionary<long, List<ArmWindow>>();
        foreach (var row in measured.Rows)
        {
            if (row.IsLate || row.Window > measured.Watermark || row.Window <= (before.Through ?? long.MinValue) || row.Window < terms.InForceFrom || terms.InForceFrom is null)
                continue;
            if (!due.TryGetValue(row.Window, out var rows))
                due[row.Window] = rows = [];
            rows.Add(row);
        }

        return due;
    }

    private static Evidence Count(IReadOnlyList<Gate> gates, StepTerms terms, Evidence before, Measurements measured, SortedDictionary<long, List<ArmWindow>> due)
    {
        if (terms.InForceFrom is not { } first || measured.Watermark < first)
            return before;

        var from = Math.Max(first, (before.Through ?? first - 1) + 1);
        var passed = Math.Max(0, measured.Watermark - from + 1);
        var unmeasured = measured.MeasuredThrough is { } through ? Math.Clamp(measured.Watermark - Math.Max(through, due.Count > 0 ? due.Keys.Max() : from - 1), 0, passed) : passed - due.Count;
        var quiet = Math.Min(MostQuiet, Math.Max(0, passed - due.Count - unmeasured));
        var rows = due.Values.SelectMany(list => list).ToList();
        return before with
        {
            Through = measured.Watermark,
            From = before.From ?? (due.Count > 0 ? due.Keys.First() : null),
            Held = before.Held + due.Count + quiet,
            Unmeasured = unmeasured == passed ? before.Unmeasured + Math.Min(unmeasured, MostQuiet) : unmeasured,
            StableSamples = before.StableSamples + rows.Where(row => row.Arm == GateArm.Stable).Sum(row => row.Requests),
            CandidateSamples = before.CandidateSamples + rows.Where(row => row.Arm == GateArm.Candidate).Sum(row => row.Requests),
            Gates = gates.ToDictionary(gate => gate.Name, gate => Count(gate, terms, before.Gates.GetValueOrDefault(gate.Name) ?? GateEvidence.Nothing, due), StringComparer.Ordinal),
        };
    }

    private static GateEvidence Count(Gate gate, StepTerms terms, GateEvidence before, SortedDictionary<long, List<ArmWindow>> due)
    {
        foreach (var rows in due.Values)
        {
            var stable = rows.Where(row => row.Arm == GateArm.Stable).Select(row => ValueOf(gate, row)).Aggregate(Sums.None, Sums.Plus);
            var candidate = rows.Where(row => row.Arm == GateArm.Candidate).Select(row => ValueOf(gate, row)).Aggregate(Sums.None, Sums.Plus);
            if (!gate.AgainstStable)
                before = CountLimit(gate, before, candidate, rows);
            else if (GateMetrics.KindOf(gate.Metric) == MetricKind.Mean)
                before = IsUsable(stable) && IsUsable(candidate)
                    ? before with { Stable = before.Stable.Plus(stable), Candidate = before.Candidate.Plus(candidate) }
                    : before with { Unusable = before.Unusable + 1 };
            else if (terms.Weight is > 0 and < 1)
                before = CountRisk(gate, terms, before, rows);
        }

        return before;
    }

    private static GateEvidence CountRisk(Gate gate, StepTerms terms, GateEvidence before, List<ArmWindow> rows)
    {
        var candidate = rows.Where(row => row.Arm == GateArm.Candidate).Sum(row => FailuresOf(gate, row));
        var all = rows.Sum(row => FailuresOf(gate, row));
        var requests = before.RiskRequests + rows.Sum(row => row.Requests);
        return all == 0 ? before with { RiskRequests = requests } : before with { Risk = before.Risk.Plus(new(terms.Weight, all, candidate)), RiskRequests = requests };
    }

    /// <summary>Windows with few samples are put together until they hold enough.</summary>
    private static GateEvidence CountLimit(Gate gate, GateEvidence before, Moments candidate, List<ArmWindow> rows)
    {
        var isUsable = IsUsable(candidate);
        var pool = isUsable ? before.Pool.Plus(candidate) : before.Pool;
        if (isUsable && pool.Count < gate.Samples)
            return before with { Pool = pool };
        var isP99 = GateMetrics.KindOf(gate.Metric) == MetricKind.Percentile;
        // More than one in a hundred above the limit is a p99 above the limit; what is no number is over every limit.
        var isOver = !isUsable || !(pool.Mean <= (isP99 ? 0.01 : gate.Max!.Value));
        return before with
        {
            Pool = Sums.None,
            Recent = [.. before.Recent.Append(isOver).TakeLast(RecentWindows)],
            Last = isP99 ? P99Of(rows) ?? before.Last : isUsable ? pool.Mean : before.Last,
        };
    }

    private static bool IsUsable(Moments moments) => double.IsFinite(moments.Mean) && double.IsFinite(moments.M2);

    private static double? P99Of(List<ArmWindow> rows)
    {
        var all = new LatencyHistogram();
        foreach (var row in rows.Where(row => row.Arm == GateArm.Candidate && row.Latency is not null))
            all.Merge(row.Latency!);
        return all.Quantile(0.99) / 1000;
    }

    /// <summary>Count and mean of one arm in one window.</summary>
    private static Moments ValueOf(Gate gate, ArmWindow row) => GateMetrics.KindOf(gate.Metric) switch
    {
        MetricKind.Mean => (gate.Metric == GateMetrics.PredictionMean ? row.Prediction : row.Values?.GetValueOrDefault(gate.Metric)) ?? Sums.None,
        MetricKind.Percentile => Sums.OfCounts(Above(row, gate.Max!.Value * 1000), row.Latency?.Count ?? 0),
        _ => Sums.OfCounts(AllFailuresOf(gate, row), row.Requests),
    };

    private static long FailuresOf(Gate gate, ArmWindow row) =>
        row.FirstFailures is { } first ? first.GetValueOrDefault(gate.Name) : AllFailuresOf(gate, row);

    private static long AllFailuresOf(Gate gate, ArmWindow row) => Math.Min(row.Requests, gate.Metric switch
    {
        GateMetrics.ErrorRate => row.Errors + (gate.AgainstStable ? row.Invalid : 0),
        GateMetrics.MissingRate => row.Missing,
        _ => Above(row, gate.Limit!.Value.TotalMicroseconds),
    });

    private static long Above(ArmWindow row, double microseconds) =>
        row.Latency is { } latency ? (long)Math.Round(latency.ShareAbove((long)microseconds) * latency.Count) : 0;

    private static Evaluation Say(IReadOnlyList<Gate> gates, StepTerms terms, Evidence evidence, long through, string? missing) => new(
        terms.Attempt, terms.Step, through, evidence.Held,
        [.. gates.Select(gate => Verdicts.Of(gate, terms, evidence, evidence.Gates.GetValueOrDefault(gate.Name) ?? GateEvidence.Nothing, BreachedAt))], missing, evidence);
}
