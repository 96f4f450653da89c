using System.Diagnostics;
using System.Globalization;
using System.Text;
using Serving.Contracts.State;
using Serving.Node.Benchmarks.Measure;
using Serving.Node.Benchmarks.Report;
using Serving.Node.Cache;
using Serving.Node.Predict;
using Serving.Node.Versions;
using Testing.Models;

namespace Serving.Node.Benchmarks.Suites;

/// <summary>What a cache costs and saves: a hit, a miss with what it keeps, and the run they are measured against, by the width of a row.</summary>
internal static class CacheBenchmark
{
    public const string Name = "cache";

    private const int Times = 100_000;
    private const int Kept = 1_000;
    private const long Bytes = 64 << 20;

    public static async Task<Section> RunAsync(Settings settings)
    {
        var text = new StringBuilder("| one row of | a run, ns | a hit, ns | a miss and keeping its answer, beside its run, ns | a hit against a run |\n|---|---|---|---|---|\n");
        foreach (var width in (int[])[3, 13, 1_000])
            text.Append(await MeasureAsync(width, settings.Rounds));
        text.Append(CultureInfo.InvariantCulture, $"\nAn addition, the cheapest model there is, one caller, no HTTP; {settings.Rounds} rounds of {Times:# ##0} each.\n");
        return new Section(Name, [], text.ToString());
    }

    private static async Task<string> MeasureAsync(int width, int rounds)
    {
        var path = Path.GetTempFileName();
        await File.WriteAllBytesAsync(path, TinyModel.Add(1, width));
        using var release = new LoadedRelease("rel-" + new string('0', 64), new ReleaseState("sha256:0", "fraud", "1", new RuntimeConfiguration()), OnnxModel.Load(path, new()), BatchPlan.Single, TimeProvider.System);
        File.Delete(path);
        var cache = new ArmCache(new PredictionCache("fraud", Bytes), release, long.MaxValue / 2, 0, new CacheCounts(), new CacheChecks(), TimeProvider.System);
        var call = release.Model.Rent();
        call.Inputs[0].Reshape([1, width]);

        List<double> runs = [], hits = [], keeping = [], ratios = [];
        for (var round = 0; round <= rounds; round++)
        {
            var run = NanosecondsOf(i => Run(release, call, i));
            // Values that no round before has kept.
            var first = Kept + round * Times;
            var hitsBefore = cache.Counts.Hits;
            var miss = NanosecondsOf(i => Miss(release, cache, call, first + i));
            if (cache.Counts.Hits != hitsBefore)
                throw new InvalidOperationException("What was to miss was answered from the cache.");
            for (var i = 0; i < Kept; i++)
                Miss(release, cache, call, i);
            var before = cache.Counts.Hits;
            var hit = NanosecondsOf(i => Ask(cache, call, i % Kept));
            if (cache.Counts.Hits - before != Times)
                throw new InvalidOperationException($"{cache.Counts.Hits - before} of {Times} were answered from the cache.");
            if (round == 0)
                continue;
            runs.Add(run);
            hits.Add(hit);
            keeping.Add(miss - run);
            ratios.Add(hit / run);
        }

        release.Model.Return(call);
        return $"| FP32[1,{width}] | {Spread.Of(runs).Text("0")} | {Spread.Of(hits).Text("0")} | {Spread.Of(keeping).Text("0")} | {Spread.Of(ratios).Text("0.00")} |\n";
    }

    private static CachedAnswer? Ask(ArmCache cache, ModelCall call, int value)
    {
        call.Inputs[0].Values<float>()[0] = value;
        return cache.Answer(call);
    }

    private static void Miss(LoadedRelease release, ArmCache cache, ModelCall call, int value)
    {
        if (Ask(cache, call, value) is not null)
            return;
        Run(release, call, value);
        cache.Keep(call);
    }

    private static void Run(LoadedRelease release, ModelCall call, int value)
    {
        call.Inputs[0].Values<float>()[0] = value;
        if (!release.Runner.RunAsync(call, long.MaxValue).IsCompletedSuccessfully)
            throw new InvalidOperationException("Nobody else runs here.");
    }

    private static double NanosecondsOf(Action<int> one)
    {
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < Times; i++)
            one(i);
        return Stopwatch.GetElapsedTime(began).TotalNanoseconds / Times;
    }
}
