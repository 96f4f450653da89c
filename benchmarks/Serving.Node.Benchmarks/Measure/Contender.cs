using Serving.Node.Benchmarks.Load;

namespace Serving.Node.Benchmarks.Measure;

/// <summary>A server under a load, and what was measured round by round.</summary>
/// <param name="pid">Process whose processor time counts, its children included; null: nobody's does.</param>
internal sealed class Contender(string name, ILoad load, int? pid) : IDisposable
{
    private readonly List<Measured> _rounds = [];
    private readonly List<double> _processor = [];

    public string Name => name;

    public double PerSecond => Middle.Of(_rounds.Select(one => one.PerSecond));

    /// <summary>Median duration of a request, microseconds.</summary>
    public double P50 => Middle.Of(_rounds.Select(one => one.P50));

    /// <summary>99th percentile of the durations, microseconds.</summary>
    public double P99 => Middle.Of(_rounds.Select(one => one.P99));

    /// <summary>Processor time of the server a request, microseconds; NaN when nobody's counts.</summary>
    public double Processor => _processor.Count == 0 ? double.NaN : Middle.Of(_processor);

    public async Task RunAsync(TimeSpan time, bool keep)
    {
        var before = pid is null ? TimeSpan.Zero : ProcessorTime.Of(pid.Value);
        var measured = await load.RunAsync(time);
        if (!keep)
            return;
        _rounds.Add(measured);
        if (pid is not null)
            _processor.Add((ProcessorTime.Of(pid.Value) - before).TotalMicroseconds / measured.Answers);
    }

    /// <summary>Requests a second against another's, each round by itself.</summary>
    public Spread RateAgainst(Contender other) => Spread.Of(_rounds.Zip(other._rounds, (own, theirs) => own.PerSecond / theirs.PerSecond));

    /// <summary>Microseconds that the median duration is longer than another's, each round by itself.</summary>
    public Spread P50Over(Contender other) => Spread.Of(_rounds.Zip(other._rounds, (own, theirs) => own.P50 - theirs.P50));

    public void Dispose() => load.Dispose();
}
