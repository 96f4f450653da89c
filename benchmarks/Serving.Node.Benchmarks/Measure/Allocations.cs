using System.Globalization;
using System.Text.RegularExpressions;
using Serving.Node.Benchmarks.Load;

namespace Serving.Node.Benchmarks.Measure;

/// <summary>What a server allocates for a request, by what its process says at <c>/metrics</c>: requests, log, reports, all of it.</summary>
internal static partial class Allocations
{
    /// <returns>Bytes over a round divided by the answers of the round, for each round.</returns>
    public static async Task<IReadOnlyList<double>> AsRoundsAsync(Settings settings, HttpPost post, int connections)
    {
        using var client = new HttpClient();
        using var load = ClosedLoop.Connect(post, connections);
        await load.RunAsync(2 * settings.Round);
        var rounds = new List<double>();
        for (var round = 0; round < settings.Rounds; round++)
        {
            var before = await BytesAsync(client, post.Port);
            var measured = await load.RunAsync(settings.Round);
            rounds.Add((await BytesAsync(client, post.Port) - before) / (double)measured.Answers);
        }

        return rounds;
    }

    private static async Task<long> BytesAsync(HttpClient client, int port) =>
        long.Parse(Allocated().Match(await client.GetStringAsync($"http://127.0.0.1:{port}/metrics")).Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^node_allocated_bytes_total (\d+)", RegexOptions.Multiline, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Allocated();
}
