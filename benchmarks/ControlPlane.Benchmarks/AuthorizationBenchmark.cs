using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Serving.Node.Benchmarks.Measure;
using Serving.Node.Benchmarks.Report;
using Testing;
using Testing.Processes;

namespace ControlPlane.Benchmarks;

/// <summary>What it costs to know who asks: processor time of the control plane a request, with a token and without, in turn.</summary>
internal sealed class AuthorizationBenchmark : IAsyncDisposable
{
    public const string Name = "authorization";

    private const string Token = "benchmark-0123456789-0123456789-0123456789";
    private const int Connections = 4;
    private const int Models = 10;
    private const double Goal = 5;

    private static readonly TimeSpan _longest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan _round = TimeSpan.FromSeconds(2);

    private readonly string _data = Directory.CreateTempSubdirectory("control-plane-bench-").FullName;
    private readonly int _port = FreePort.Take();
    private readonly ChildProcess _process;
    private readonly HttpClient _person;

    private AuthorizationBenchmark()
    {
        var url = new Uri($"http://127.0.0.1:{_port}");
        _process = ChildProcess.Start(Repository.Program("ControlPlane.Web"), [], new Dictionary<string, string?>
        {
            ["ASPNETCORE_URLS"] = url.ToString(), ["Data__Directory"] = _data, ["Bootstrap__ApiToken"] = Token,
            // One caller asks here as often as thousands would.
            ["Limits__SignedInPerMinute"] = "10000000", ["Limits__AnonymousPerMinute"] = "1000000",
        });
        _person = new HttpClient { BaseAddress = url, Timeout = _longest };
        _person.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
    }

    /// <param name="rounds">Odd, so that the median is one of them.</param>
    /// <returns>Markdown for the page.</returns>
    public static async Task<string> RunAsync(int rounds)
    {
        await using var bench = new AuthorizationBenchmark();
        await Eventually.TrueAsync(async () => (await bench._person.GetAsync("/healthz/ready")).IsSuccessStatusCode, _longest, "control plane ready");
        for (var number = 0; number < Models; number++)
            (await bench._person.PostAsJsonAsync("/api/v1/models", new { name = $"model-{number}" })).EnsureSuccessStatusCode();
        return await bench.MeasureAsync(rounds);
    }

    public async ValueTask DisposeAsync()
    {
        _person.Dispose();
        await _process.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    private async Task<string> MeasureAsync(int rounds)
    {
        using var anonymous = RepeatedGet.Connect(_port, "/healthz/live", null, Connections);
        using var known = RepeatedGet.Connect(_port, "/healthz/live", Token, Connections);
        using var models = RepeatedGet.Connect(_port, "/api/v1/models", Token, Connections);
        var seen = new List<(double Anonymous, double Known, double Models)>();
        for (var round = -1; round < rounds; round++)
        {
            var one = (await CostAsync(anonymous), await CostAsync(known), await CostAsync(models));
            if (round >= 0)
                seen.Add(one);
        }

        var added = seen.Select(round => round.Known - round.Anonymous).ToList();
        var share = Spread.Of(seen.Select(round => 100 * (round.Known - round.Anonymous) / (round.Models - (round.Known - round.Anonymous))));
        var figure = new Figure("an API call with a token, more than without", share, Goal, AtLeast: false, "0.0", " %");
        return string.Create(CultureInfo.InvariantCulture, $"""
            {Figure.Head}{figure.Row()}
            | processor time of the control plane a request | µs |
            |---|---|
            | an empty answer, nobody asks (`/healthz/live`) | {Spread.Of(seen.Select(round => round.Anonymous)).Text("0.0")} |
            | the same with a token | {Spread.Of(seen.Select(round => round.Known)).Text("0.0")} |
            | what the token added | {Spread.Of(added).Text("0.0")} |
            | `GET /api/v1/models` with a token: {Models} models from SQLite | {Spread.Of(seen.Select(round => round.Models)).Text("0.0")} |

            {Connections} connections, {rounds} rounds of {_round.TotalSeconds:0} s each in turn, medians. No API call answers nobody, so the share is what the token added, against that call without it. Whom a token stands for is remembered for 3 s; what is revoked is refused at once by the control plane that revoked it, and within 5 s by every other (`TokenTests`).

            """);
    }

    /// <returns>Microseconds.</returns>
    private async Task<double> CostAsync(RepeatedGet load)
    {
        var before = ProcessorTime.Of(_process.Id);
        var answers = await load.RunAsync(_round);
        return (ProcessorTime.Of(_process.Id) - before).TotalMicroseconds / answers;
    }
}
