namespace Serving.Node.Benchmarks.Load;

/// <summary>Something that asks a server again and again for a time.</summary>
internal interface ILoad : IDisposable
{
    Task<Measured> RunAsync(TimeSpan time);
}

/// <param name="P50">Median duration, microseconds; NaN where the generator does not tell.</param>
/// <param name="P99">99th percentile of the durations, microseconds; NaN where the generator does not tell.</param>
internal sealed record Measured(long Answers, double PerSecond, double P50, double P99);
