using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Serving.Contracts.Models;
using Serving.Contracts.Reports;
using Serving.Node.Predict;
using Serving.Node.Tensors;

namespace Serving.Node.Inspect;

/// <summary>Runs a model on zeros to see whether it runs at all, and how fast. What goes wrong here is a warning: zeros may be no fair input.</summary>
internal static class SampleRun
{
    private const int MostRuns = 200;
    private static readonly TimeSpan _measureFor = TimeSpan.FromSeconds(1);

    /// <param name="measures">Whether to see how fast.</param>
    public static InspectReport Try(OnnxModel model, InspectReport report, List<ModelCheck> checks, bool measures, TimeSpan longest)
    {
        using var call = new ModelCall(model);
        if (!SyntheticInput.Fill(call))
        {
            checks.Add(Warning("The model's own sizes ask for more than 64 Mi elements a request.", "Nothing to do if that is meant; give a golden sample to have it checked."));
            return report;
        }

        using var slot = new RunSlot(model.NewPlace(), TimeProvider.System);
        var deadline = Stopwatch.GetTimestamp() + (long)(longest.TotalSeconds * Stopwatch.Frequency);
        try
        {
            var isFinite = IsFinite(call, slot, deadline);
            checks.Add(isFinite
                ? new ModelCheck(ModelChecks.Sample, ModelCheck.Passed, "Ran on one row of zeros.")
                : Warning("On one row of zeros an output is not a finite number.", "Give a golden sample with a fair input, so that every node checks real values."));
            return measures ? report with { Latency = Measure(call, slot, deadline) } : report;
        }
        catch (DeadlineException)
        {
            checks.Add(Warning($"A run on one row of zeros did not end in {longest.TotalSeconds:0} s.", "Requests that take this long are ended by the deadline of the endpoint; check the model's loops."));
            return report;
        }
        catch (OnnxRuntimeException failed) when (IsMemory(failed.Message))
        {
            checks.Add(new ModelCheck(ModelChecks.Sample, ModelCheck.Failed, $"One row of zeros asked for more memory than the 2 GiB a probe has: {failed.Message}",
                "Reduce what the model allocates; look for constants and shapes that grow without bound."));
            return report;
        }
        catch (OnnxRuntimeException failed)
        {
            checks.Add(Warning($"One row of zeros gave an error: {failed.Message}", "Give a golden sample with a fair input, so that every node checks real values."));
            return report;
        }
    }

    private static bool IsFinite(ModelCall call, RunSlot slot, long deadline)
    {
        slot.Run(call, deadline);
        return Array.TrueForAll(call.Outputs, IsFinite);
    }

    private static bool IsFinite(TensorBuffer output) => output.Type switch
    {
        TensorElementType.Float => !output.Values<float>().ContainsAnyExceptInRange(float.MinValue, float.MaxValue),
        TensorElementType.Double => !output.Values<double>().ContainsAnyExceptInRange(double.MinValue, double.MaxValue),
        _ => true,
    };

    private static LatencySample Measure(ModelCall call, RunSlot slot, long deadline)
    {
        var histogram = new LatencyHistogram();
        var all = Stopwatch.StartNew();
        var runs = 0;
        for (; runs < MostRuns && all.Elapsed < _measureFor; runs++)
        {
            var one = Stopwatch.GetTimestamp();
            slot.Run(call, deadline);
            histogram.Record((long)Stopwatch.GetElapsedTime(one).TotalMicroseconds);
        }

        return new LatencySample(histogram.Quantile(0.5) ?? 0, histogram.Quantile(0.99) ?? 0, runs);
    }

    private static bool IsMemory(string message) =>
        message.Contains("bad_alloc", StringComparison.Ordinal) || message.Contains("Failed to allocate memory", StringComparison.OrdinalIgnoreCase)
        || message.Contains("alloc", StringComparison.OrdinalIgnoreCase) && message.Contains("memory", StringComparison.OrdinalIgnoreCase);

    private static ModelCheck Warning(string detail, string remedy) => new(ModelChecks.Sample, ModelCheck.Warning, detail, remedy);
}
