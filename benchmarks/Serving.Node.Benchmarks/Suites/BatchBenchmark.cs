using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.ML.OnnxRuntime;
using Serving.Contracts.State;
using Serving.Node.Benchmarks.Measure;
using Serving.Node.Benchmarks.Report;
using Serving.Node.Predict;
using Testing;

namespace Serving.Node.Benchmarks.Suites;

/// <summary>
/// Each model of the shared folder: 32 callers, one row each, without HTTP around it; batching as its own costs decide, against one row a run,
/// and the share of the time a row that batching could save, were it free: by the runtime itself at that batch size. Rounds in turn, medians.
/// </summary>
internal static class BatchBenchmark
{
    public const string Name = "batch";

    private const int Callers = 32;
    private static readonly TimeSpan _round = TimeSpan.FromMilliseconds(400);

    public static async Task<Section> RunAsync(Settings settings)
    {
        var text = new StringBuilder("| model | one row | rows put together | rows/s against one row a run | share of the possible saving |\n|---|---|---|---|---|\n");
        foreach (var path in Directory.GetFiles(Path.Combine(Repository.Shared, "models", "good"), "*.onnx", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            text.Append(await MeasureAsync(path, settings.Rounds));
        text.Append(CultureInfo.InvariantCulture, $"\n{Callers} callers, one row each, without HTTP around it; {settings.Rounds} rounds of {_round.TotalMilliseconds} ms. ");
        text.Append("The share is that of the time a row which a batch could save, were putting it together free.\n");
        return new Section(Name, [], text.ToString());
    }

    /// <returns>A line of the table; empty for a model that takes no rows of zeros.</returns>
    private static async Task<string> MeasureAsync(string path, int rounds)
    {
        using var model = OnnxModel.Load(path, new RuntimeConfiguration());
        using (var probe = new ModelCall(model))
        {
            if (!SyntheticInput.Fill(probe))
                return "";
            try
            {
                using var run = new RunOptions();
                model.Run(probe, run);
            }
            catch (OnnxRuntimeException)
            {
                return $"| {Path.GetFileNameWithoutExtension(path)} | does not run on zeros | | | |\n";
            }
        }

        var plan = BatchCurve.PlanOf(model, null, TimeProvider.System);
        using var single = new ModelRunner(model, BatchPlan.Single, TimeProvider.System, Environment.ProcessorCount);
        using var batched = new ModelRunner(model, plan, TimeProvider.System, Environment.ProcessorCount);
        var ratios = new List<double>();
        var shares = new List<double>();
        for (var round = 0; round <= rounds; round++)
        {
            var alone = await RateAsync(model, single);
            var together = await RateAsync(model, batched);
            if (round == 0)
                continue;
            ratios.Add(together / alone);
            if (plan.Batches)
                shares.Add((1 / alone - 1 / together) / (1 / alone - 1 / (alone * Floor(model, plan.MostRows) / Floor(model, 1))));
        }

        var one = plan.Curve.Count > 0 ? string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(0, plan.Curve[0].Time).TotalMicroseconds:0.0} µs") : "";
        var share = plan.Batches ? string.Create(CultureInfo.InvariantCulture, $"{Middle.Of(shares):0.00}") : "";
        return $"| {Path.GetFileNameWithoutExtension(path)} | {one} | {plan.MostRows} | {Spread.Of(ratios).Text("0.00")} | {share} |\n";
    }

    private static async Task<double> RateAsync(OnnxModel model, ModelRunner runner)
    {
        var began = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            var done = 0L;
            while (Stopwatch.GetElapsedTime(began) < _round)
            {
                var call = model.Rent();
                SyntheticInput.Fill(call);
                await runner.RunAsync(call, long.MaxValue);
                model.Return(call);
                done++;
                // As a request ends: what comes next is read by whoever is free.
                await Task.Yield();
            }

            return done;
        })));
        return counts.Sum() / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>Rows/s of the runtime by itself, one thread.</summary>
    private static double Floor(OnnxModel model, int rows)
    {
        using var call = new ModelCall(model);
        using var run = new RunOptions();
        foreach (var (input, tensor) in model.Inputs.Zip(call.Inputs))
        {
            tensor.Reshape([rows, .. input.Shape[1..].Select(size => size < 0 ? 1 : size)]);
            tensor.Raw.Clear();
        }

        model.Run(call, run);
        var began = Stopwatch.GetTimestamp();
        var runs = 0L;
        while (Stopwatch.GetElapsedTime(began) < _round / 4)
        {
            model.Run(call, run);
            runs++;
        }

        return runs * rows / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }
}
