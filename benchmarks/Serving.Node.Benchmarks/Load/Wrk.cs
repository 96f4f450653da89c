using System.Globalization;
using System.Text.RegularExpressions;

namespace Serving.Node.Benchmarks.Load;

/// <summary>wrk (Debian package of that name) as the client: a second opinion on our own.</summary>
internal sealed partial class Wrk : ILoad
{
    private readonly HttpPost _post;
    private readonly int _connections;
    private readonly string _script = Path.GetTempFileName();

    private Wrk(HttpPost post, int connections)
    {
        (_post, _connections) = (post, connections);
        File.WriteAllText(_script, $"wrk.method = \"POST\"\nwrk.headers[\"Content-Type\"] = \"application/json\"\nwrk.body = [==[{post.Body}]==]\n");
    }

    public static Wrk Connect(HttpPost post, int connections) => new(post, connections);

    public async Task<Measured> RunAsync(TimeSpan time)
    {
        var seconds = Math.Max(1, (int)Math.Round(time.TotalSeconds));
        var output = await Tool.RunAsync("wrk", "wrk", ["-t1", $"-c{_connections}", $"-d{seconds}s", "--latency", "-s", _script, _post.Url]);
        if (output.Contains("Non-2xx", StringComparison.Ordinal) || output.Contains("Socket errors", StringComparison.Ordinal))
            throw new InvalidOperationException($"{_post.Url}: {output}");
        var rate = double.Parse(Rate().Match(output).Groups[1].Value, CultureInfo.InvariantCulture);
        var count = long.Parse(Count().Match(output).Groups[1].Value, CultureInfo.InvariantCulture);
        return new Measured(count, rate, Microseconds(output, "50"), Microseconds(output, "99"));
    }

    public void Dispose() => File.Delete(_script);

    private static double Microseconds(string output, string percent)
    {
        var line = Percentile().Matches(output).First(match => match.Groups[1].Value == percent);
        var unit = line.Groups[3].Value switch { "us" => 1.0, "ms" => 1e3, _ => 1e6 };
        return unit * double.Parse(line.Groups[2].Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Rate();

    [GeneratedRegex(@"(\d+) requests in", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Count();

    [GeneratedRegex(@"^\s+(\d+)%\s+([\d.]+)(us|ms|s)\s*$", RegexOptions.Multiline, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Percentile();
}
