using System.Globalization;
using System.Text;
using Serving.Node.Benchmarks.Load;
using Serving.Node.Benchmarks.Measure;
using Serving.Node.Benchmarks.Report;
using Serving.Node.Benchmarks.Servers;

namespace Serving.Node.Benchmarks.Suites;

/// <summary>
/// Requests at half of what the machine can do, client included, while another model of 3 MB is probed and loaded again and again; and without. Rounds take turns.
/// </summary>
internal static class LoadBesideBenchmark
{
    public const string Name = "load-beside";

    private const int Callers = 16;
    private const int MostUnderWay = 128;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    public static async Task<Section> RunAsync(Settings settings)
    {
        var models = new ServedModels();
        await using var controlPlane = await LoadingControlPlane.StartAsync(models);
        await using var node = await NodeServer.StartAsync(models, controlPlane.Url);
        var post = new HttpPost(node.Port, $"/predict/{ServedModels.Scored}", ServedModels.NativeBody);
        var half = await CapacityAsync(post, settings) / 2;
        var load = new OpenLoop(post, MostUnderWay);
        var time = 4 * settings.Round;

        List<OpenLoopResult> without = [], beside = [];
        var loads = 0;
        await load.RunAsync(half, time);
        for (var round = 0; round < settings.Rounds; round++)
        {
            without.Add(await load.RunAsync(half, time));
            using var stop = new CancellationTokenSource();
            var loading = controlPlane.LoadAgainAndAgainAsync(_patience, stop.Token);
            beside.Add(await load.RunAsync(half, time));
            await stop.CancelAsync();
            loads += await loading;
        }

        var text = new StringBuilder("| | p50 µs | p99 µs | p99.9 µs | longest µs | failed | loads |\n|---|---|---|---|---|---|---|\n")
            .Append(Row("without", without, 0)).Append(Row("beside loads", beside, loads));
        text.Append(CultureInfo.InvariantCulture, $"\nOpen loop at {half:# ##0} requests/s, half of what {Callers} patient callers got; {Environment.ProcessorCount} cores, which the client shares; ");
        text.Append(CultureInfo.InvariantCulture, $"{settings.Rounds} rounds of {time.TotalSeconds:0} s each in turn, medians. A load is a fetch from the disk, a probe in a process of its own that measures batches as well, a load and a warm-up.\n");
        var ratio = Spread.Of(without.Zip(beside, (one, two) => two.Durations.At(0.99) / one.Durations.At(0.99)));
        return new Section(Name, [new Figure("p99 beside loads of another model, against p99 without", ratio, 1.5, AtLeast: false, "0.00", " ×")], text.ToString());
    }

    /// <returns>Requests/s.</returns>
    private static async Task<double> CapacityAsync(HttpPost post, Settings settings)
    {
        using var patient = ClosedLoop.Connect(post, Callers);
        await patient.RunAsync(2 * settings.Round);
        return (await patient.RunAsync(3 * settings.Round)).PerSecond;
    }

    private static string Row(string name, List<OpenLoopResult> rounds, int loads)
    {
        return string.Create(CultureInfo.InvariantCulture, $"| {name} | {At(0.5):0} | {At(0.99):0} | {At(0.999):0} | {At(1):0} | {rounds.Sum(round => round.Failed)} | {loads} |\n");

        double At(double share) => Middle.Of(rounds.Select(round => round.Durations.At(share)));
    }
}
