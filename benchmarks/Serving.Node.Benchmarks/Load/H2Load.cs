using System.Globalization;
using System.Text.RegularExpressions;

namespace Serving.Node.Benchmarks.Load;

/// <summary>h2load (Debian package nghttp2-client) as the client: many requests at once on few HTTP/2 connections without TLS.</summary>
/// <param name="bodyFile">What is posted.</param>
internal sealed partial class H2Load(string url, string bodyFile, string[] headers) : ILoad
{
    public const int Connections = 4;
    public const int Streams = 8;

    public async Task<Measured> RunAsync(TimeSpan time)
    {
        var seconds = Math.Max(1, (int)Math.Round(time.TotalSeconds));
        var output = await Tool.RunAsync(
            "h2load", "nghttp2-client",
            ["-p", "h2c", "-c", $"{Connections}", "-m", $"{Streams}", "-t", "1", "-D", $"{seconds}", "-d", bodyFile, .. headers.SelectMany(header => (string[])["-H", header]), url]);
        var rate = Rate().Match(output);
        var count = Count().Match(output);
        if (!rate.Success || !count.Success || !output.Contains(" 0 failed", StringComparison.Ordinal))
            throw new InvalidOperationException($"{url}: {output}");
        return new Measured(long.Parse(count.Groups[1].Value, CultureInfo.InvariantCulture), double.Parse(rate.Groups[1].Value, CultureInfo.InvariantCulture), double.NaN, double.NaN);
    }

    public void Dispose()
    {
    }

    [GeneratedRegex(@"finished in [\d.]+m?s, ([\d.]+) req/s", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Rate();

    [GeneratedRegex(@"(\d+) succeeded", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Count();
}
