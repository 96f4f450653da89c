using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;

namespace Serving.Node.Benchmarks.Load;

/// <summary>
/// Requests at a constant rate, whether or not answers come. Each is due at a time that is known beforehand and its duration counts from then, so a server's
/// pause is seen by all that were due in it (no coordinated omission; G. Tene's wrk2 does the same). One connection holds one request, so as many are under way
/// as there are connections; what finds none free waits, and its wait counts.
/// </summary>
internal sealed class OpenLoop(HttpPost post, int connections)
{
    private static readonly TimeSpan _grace = TimeSpan.FromSeconds(5);

    /// <param name="perSecond">Above 0.</param>
    public async Task<OpenLoopResult> RunAsync(double perSecond, TimeSpan time)
    {
        var free = new BlockingCollection<HttpConnection>(new ConcurrentStack<HttpConnection>());
        for (var i = 0; i < connections; i++)
            free.Add(new HttpConnection(post));
        var durations = new ConcurrentQueue<double>();
        var failed = 0L;
        var count = (long)(perSecond * time.TotalSeconds);
        var open = new CountdownEvent(1);
        var began = Stopwatch.GetTimestamp();
        var end = began + (long)((time + _grace).TotalSeconds * Stopwatch.Frequency);

        var sent = await Task.Factory.StartNew(SendAll, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        open.Signal();
        await Task.Run(() => open.Wait(_grace));
        var answered = durations.ToArray();
        // What was not answered in the time and its grace has failed, and so has what was never sent.
        var unanswered = count - answered.Length - Interlocked.Read(ref failed);
        while (free.TryTake(out var connection))
            connection.Dispose();
        return new OpenLoopResult(perSecond, sent, answered.Length, Interlocked.Read(ref failed) + unanswered, Durations.Of(answered));

        long SendAll()
        {
            for (var number = 0L; number < count; number++)
            {
                var due = began + (long)(number / perSecond * Stopwatch.Frequency);
                Pace.WaitUntil(due);
                var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), end);
                if (left <= TimeSpan.Zero || !free.TryTake(out var connection, left))
                    return number;
                open.AddCount();
                Send(connection, due);
            }

            return count;
        }

        void Send(HttpConnection connection, long due)
        {
            try
            {
                connection.Send();
            }
            catch (SocketException)
            {
                Lost(connection);
                return;
            }

            _ = FinishAsync(connection, due);
        }

        async Task FinishAsync(HttpConnection connection, long due)
        {
            try
            {
                await connection.ReadAsync();
                durations.Enqueue(Stopwatch.GetElapsedTime(due).TotalMicroseconds);
                free.Add(connection);
                open.Signal();
            }
            catch (Exception failure) when (failure is IOException or SocketException or ObjectDisposedException)
            {
                Lost(connection);
            }
        }

        void Lost(HttpConnection connection)
        {
            Interlocked.Increment(ref failed);
            connection.Dispose();
            try
            {
                free.Add(new HttpConnection(post));
            }
            catch (SocketException)
            {
                // The server is gone. With one connection less the rest is late, and in the end counted as failed.
            }

            open.Signal();
        }
    }
}

/// <param name="PerSecond">The rate asked for.</param>
/// <param name="Failed">Not answered 200, not answered in time, or never sent because too many were under way.</param>
internal sealed record OpenLoopResult(double PerSecond, long Sent, long Answered, long Failed, Durations Durations);
