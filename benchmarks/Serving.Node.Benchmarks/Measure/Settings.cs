using Serving.Node.Benchmarks.Load;

namespace Serving.Node.Benchmarks.Measure;

/// <summary>How long and by whom is measured.</summary>
/// <param name="Rounds">Odd, so that the median is one of them.</param>
/// <param name="UseWrk">HTTP/1.1 rows by wrk instead of our own client.</param>
internal sealed record Settings(int Rounds, bool UseWrk)
{
    public TimeSpan Round { get; } = TimeSpan.FromSeconds(1);

    public string Client => UseWrk ? "wrk" : "our own client, closed loop";

    public ILoad Connect(HttpPost post, int connections) => UseWrk ? Wrk.Connect(post, connections) : ClosedLoop.Connect(post, connections);

    /// <summary>One round each in turn, so that what else the machine does meets all alike; a first one, twice as long, warms up and is thrown away.</summary>
    public async Task InterleaveAsync(IReadOnlyList<Contender> contenders)
    {
        foreach (var contender in contenders)
            await contender.RunAsync(2 * Round, keep: false);
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var contender in contenders)
                await contender.RunAsync(Round, keep: true);
        }
    }
}
