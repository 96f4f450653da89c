using Serving.Contracts.Reports;

namespace Serving.Node.Metrics;

/// <summary>The numbers of one series between two looks. Fields, because they are counted up in place by many threads.</summary>
internal sealed class Tally
{
    public readonly long[] Latency = new long[LatencyHistogram.SlotCount];
    public long Requests;
    public long Errors;
    public long Timeouts;
    public long Invalid;
    public long Refused;
    public long Unassigned;
    public long Rows;
    public long Microseconds;
    public long Predictions;
    public long Input;
    public long Queue;
    public long Infer;
    public long Output;

    /// <summary>Of the requests, those answered from a cache.</summary>
    public long Cached;
    public long CachedRows;
    public double Sum;
    public double SumOfSquares;

    /// <summary>Threads that are counting right now.</summary>
    public int Writers;

    public Phases Phases => new(Input, Queue, Infer, Output);

    public FrameSeries ToSeries(string endpoint, string release, string arm, LatencyHistogram latency, int inFlight) => new()
    {
        Endpoint = endpoint,
        Release = release,
        Arm = arm,
        Requests = Requests,
        Errors = Errors,
        Timeouts = Timeouts,
        Invalid = Invalid,
        Refused = Refused,
        Unassigned = Unassigned,
        Rows = Rows,
        Latency = latency.ToBytes(),
        InFlight = inFlight,
        Prediction = Predictions == 0 ? null : new Moments(Predictions, Sum / Predictions, Math.Max(0, SumOfSquares - Sum * Sum / Predictions)),
    };

    public void Clear()
    {
        Array.Clear(Latency);
        Requests = Errors = Timeouts = Invalid = Refused = Unassigned = Rows = Microseconds = Predictions = 0;
        Input = Queue = Infer = Output = Cached = CachedRows = 0;
        Sum = SumOfSquares = 0;
    }
}
