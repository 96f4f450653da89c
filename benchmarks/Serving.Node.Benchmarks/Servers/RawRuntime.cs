using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using Serving.Contracts.State;
using Serving.Node.Predict;

namespace Serving.Node.Benchmarks.Servers;

/// <summary>ONNX Runtime in this process, one thread, no server around it: the floor of every row.</summary>
internal static class RawRuntime
{
    private static readonly TimeSpan _long = TimeSpan.FromSeconds(0.5);

    /// <returns>Microseconds of a run of the trees with bindings prepared beforehand.</returns>
    public static double Trees()
    {
        using var model = OnnxModel.Load(ServedModels.TreesFile, new RuntimeConfiguration());
        using var call = new ModelCall(model);
        SyntheticInput.Fill(call);
        return Time(model, call, _long);
    }

    /// <returns>Steps of the slow model that take about this long.</returns>
    public static int StepsOf(TimeSpan time)
    {
        const int Try = 1_000;
        using var session = new InferenceSession(ServedModels.SlowFile);
        using var n = OrtValue.CreateTensorValueFromMemory(new long[] { Try }, []);
        using var x = OrtValue.CreateTensorValueFromMemory(new float[4], [1, 4]);
        using var run = new RunOptions();
        var inputs = new Dictionary<string, OrtValue>(StringComparer.Ordinal) { ["n"] = n, ["x"] = x };
        var best = double.MaxValue;
        for (var i = 0; i < 50; i++)
        {
            var began = Stopwatch.GetTimestamp();
            using var outputs = session.Run(run, inputs, ["y"]);
            best = Math.Min(best, Stopwatch.GetElapsedTime(began).TotalMicroseconds);
        }

        return Math.Max(1, (int)(time.TotalMicroseconds / best * Try));
    }

    private static double Time(OnnxModel model, ModelCall call, TimeSpan time)
    {
        using var run = new RunOptions();
        model.Run(call, run);
        var runs = 0;
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < time)
        {
            model.Run(call, run);
            runs++;
        }

        return Stopwatch.GetElapsedTime(began).TotalMicroseconds / runs;
    }
}
