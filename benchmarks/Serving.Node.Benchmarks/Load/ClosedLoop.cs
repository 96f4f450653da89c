using System.Diagnostics;

namespace Serving.Node.Benchmarks.Load;

/// <summary>Patient clients: each connection asks, waits for the answer and asks again. Tells what a server can do; its durations hide every pause.</summary>
internal sealed class ClosedLoop : ILoad
{
    private readonly HttpConnection[] _connections;

    private ClosedLoop(HttpConnection[] connections) => _connections = connections;

    public static ClosedLoop Connect(HttpPost post, int connections) => new([.. Enumerable.Range(0, connections).Select(_ => new HttpConnection(post))]);

    public async Task<Measured> RunAsync(TimeSpan time)
    {
        var began = Stopwatch.GetTimestamp();
        var until = began + (long)(time.TotalSeconds * Stopwatch.Frequency);
        var durations = await Task.WhenAll(_connections.Select(connection => Task.Run(() => AskAsync(connection, until))));
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;

        var all = Durations.Of(durations.SelectMany(one => one));
        return new Measured(all.Count, all.Count / seconds, all.At(0.5), all.At(0.99));
    }

    public void Dispose()
    {
        foreach (var connection in _connections)
            connection.Dispose();
    }

    private static async Task<List<double>> AskAsync(HttpConnection connection, long until)
    {
        var durations = new List<double>(1 << 16);
        while (Stopwatch.GetTimestamp() < until)
        {
            var began = Stopwatch.GetTimestamp();
            await connection.AskAsync();
            durations.Add(Stopwatch.GetElapsedTime(began).TotalMicroseconds);
        }

        return durations;
    }
}
