using System.Globalization;
using System.Text;
using Serving.Gateway.Nodes;

namespace Serving.Gateway.Forward;

/// <summary>What the gateway counts, and how Prometheus reads it. Thread-safe.</summary>
internal sealed class GatewayCounters
{
    private static readonly double[] _secondsUpTo = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private readonly long[] _byClass = new long[6];
    private readonly long[] _byDuration = new long[_secondsUpTo.Length + 1];
    private long _microseconds;
    private long _retries;

    public void Finished(int status, TimeSpan took)
    {
        Interlocked.Increment(ref _byClass[Math.Clamp(status / 100, 0, 5)]);
        Interlocked.Add(ref _microseconds, (long)took.TotalMicroseconds);
        var bucket = Array.BinarySearch(_secondsUpTo, took.TotalSeconds);
        Interlocked.Increment(ref _byDuration[bucket < 0 ? ~bucket : bucket]);
    }

    public void Retried() => Interlocked.Increment(ref _retries);

    public string ToPrometheus(NodeList nodes)
    {
        var text = new StringBuilder();
        text.Append("# TYPE gateway_requests_total counter\n");
        for (var hundred = 1; hundred < _byClass.Length; hundred++)
            text.Append(CultureInfo.InvariantCulture, $"gateway_requests_total{{status=\"{hundred}xx\"}} {Volatile.Read(ref _byClass[hundred])}\n");

        text.Append(CultureInfo.InvariantCulture, $"# TYPE gateway_retries_total counter\ngateway_retries_total {Volatile.Read(ref _retries)}\n");
        AppendDurations(text);
        text.Append("# TYPE gateway_node_ready gauge\n");
        foreach (var node in nodes.All)
            text.Append(CultureInfo.InvariantCulture, $"gateway_node_ready{{node=\"{node.Peer.Name}\"}} {(node.IsReady ? 1 : 0)}\n");
        text.Append("# TYPE gateway_node_in_flight gauge\n");
        foreach (var node in nodes.All)
            text.Append(CultureInfo.InvariantCulture, $"gateway_node_in_flight{{node=\"{node.Peer.Name}\"}} {node.InFlight}\n");
        return text.ToString();
    }

    private void AppendDurations(StringBuilder text)
    {
        text.Append("# TYPE gateway_request_duration_seconds histogram\n");
        var sum = 0L;
        for (var i = 0; i < _secondsUpTo.Length; i++)
        {
            sum += Volatile.Read(ref _byDuration[i]);
            text.Append(CultureInfo.InvariantCulture, $"gateway_request_duration_seconds_bucket{{le=\"{_secondsUpTo[i]}\"}} {sum}\n");
        }

        sum += Volatile.Read(ref _byDuration[^1]);
        text.Append(CultureInfo.InvariantCulture, $"gateway_request_duration_seconds_bucket{{le=\"+Inf\"}} {sum}\n");
        text.Append(CultureInfo.InvariantCulture, $"gateway_request_duration_seconds_sum {Volatile.Read(ref _microseconds) / 1e6}\n");
        text.Append(CultureInfo.InvariantCulture, $"gateway_request_duration_seconds_count {sum}\n");
    }
}
