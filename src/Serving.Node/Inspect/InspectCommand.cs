using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using Serving.Contracts;
using Serving.Contracts.Models;
using Serving.Contracts.State;
using Serving.Node.Predict;

namespace Serving.Node.Inspect;

/// <summary>
/// <c>Serving.Node inspect FOLDER</c>: loads the artifact in this process and prints an <see cref="InspectReport"/> as one line of JSON.
/// <c>probe FOLDER ROWS</c> is the same for a node that is about to load it: it measures what batches of so many rows cost, not how long a row takes, which
/// needs a second. Exit code 0 whenever there is a report, also of a model that is refused.
/// </summary>
internal static class InspectCommand
{
    public const string Verb = "inspect";
    public const string ProbeVerb = "probe";

    private static readonly TimeSpan _sampleWithin = TimeSpan.FromSeconds(10);

    public static int Run(string folder)
    {
        Write(Console.OpenStandardOutput(), folder, measures: true);
        return 0;
    }

    public static int Probe(string folder, string rows)
    {
        Write(Console.OpenStandardOutput(), folder, measures: false, int.Parse(rows, CultureInfo.InvariantCulture));
        return 0;
    }

    /// <param name="measures">How long one row takes.</param>
    /// <param name="batches">Rows of the largest batch to measure; 0: none.</param>
    public static void Write(Stream output, string folder, bool measures, int batches = 0)
    {
        JsonSerializer.Serialize(output, Inspect(folder, measures, batches), ContractsJson.Default.InspectReport);
        output.Write("\n"u8);
        output.Flush();
    }

    private static InspectReport Inspect(string folder, bool measures, int batches)
    {
        var checks = new List<ModelCheck>();
        var report = new InspectReport { Runtime = OrtEnv.Instance().GetVersionString() };
        var models = Directory.GetFiles(folder, "*.onnx");
        if (models.Length != 1)
        {
            checks.Add(new ModelCheck(ModelChecks.Loads, ModelCheck.Failed, $"The artifact holds {models.Length} .onnx files.", "Give one .onnx file."));
            return report with { Checks = checks };
        }

        FailPoint.Hit("inspect.load");
        var watch = Stopwatch.StartNew();
        OnnxModel model;
        try
        {
            model = OnnxModel.Load(models[0], new RuntimeConfiguration());
        }
        catch (Exception refused) when (refused is OnnxRuntimeException or NotSupportedException or OutOfMemoryException)
        {
            checks.Add(LoadRemedy.For(refused.Message, folder));
            return report with { Checks = checks };
        }

        using (model)
        {
            checks.Add(new ModelCheck(ModelChecks.Loads, ModelCheck.Passed, $"Loaded in {watch.Elapsed.TotalMilliseconds:0} ms."));
            report = report with { LoadMs = watch.Elapsed.TotalMilliseconds, Signature = model.Signature };
            report = Golden(folder, model, report, checks);
            if (checks[^1].Outcome != ModelCheck.Failed)
                report = SampleRun.Try(model, report, checks, measures, _sampleWithin);
            if (batches > 0 && checks[^1].Outcome != ModelCheck.Failed)
                report = report with { BatchCosts = BatchCurve.CostsOf(model, batches, TimeProvider.System, ThreadTime.Best) };
            checks.Add(new ModelCheck(ModelChecks.Signature, ModelCheck.Passed, $"{Counted(model.Signature.Inputs.Count, "input")}, {Counted(model.Signature.Outputs.Count, "output")}."));
            return report with { Checks = checks, PeakMemoryBytes = Process.GetCurrentProcess().PeakWorkingSet64 };
        }
    }

    private static InspectReport Golden(string folder, OnnxModel model, InspectReport report, List<ModelCheck> checks)
    {
        var path = Path.Combine(folder, "golden.jsonl");
        if (!File.Exists(path))
        {
            checks.Add(new ModelCheck(ModelChecks.Golden, ModelCheck.Passed, "No golden samples were given."));
            return report;
        }

        try
        {
            var samples = GoldenSample.ReadAll(path);
            using var slot = new RunSlot(model.NewPlace(), TimeProvider.System);
            var difference = samples.Select(sample => GoldenCheck.DifferenceOf(model, sample, slot, long.MaxValue)).FirstOrDefault(found => found is not null);
            checks.Add(difference is null
                ? new ModelCheck(ModelChecks.Golden, ModelCheck.Passed, $"{Counted(samples.Count, "golden sample")} gave the expected outputs.")
                : new ModelCheck(ModelChecks.Golden, ModelCheck.Failed, difference, "Export the model again, or correct the expected outputs or their tolerance in golden.jsonl."));
            return report with { GoldenSamples = samples.Count };
        }
        catch (Exception failed) when (failed is JsonException or OnnxRuntimeException)
        {
            checks.Add(new ModelCheck(ModelChecks.Golden, ModelCheck.Failed, failed.Message, "Correct golden.jsonl: one {\"request\": …, \"response\": {\"outputs\": […]}} a line."));
            return report;
        }
    }

    private static string Counted(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";
}
