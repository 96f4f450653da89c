using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SessionOptions = Microsoft.ML.OnnxRuntime.SessionOptions;

namespace Serving.Peers;

/// <summary>What most people write: a minimal API with records in and out, and the runtime asked with named values.</summary>
internal static class MinimalApi
{
    public const string Verb = "minimal";

    public static async Task RunAsync(int port, string model)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        builder.Services.AddSingleton(new InferenceSession(model, options));
        await using var app = builder.Build();
        app.MapPost("/predict", (PredictRequest request, InferenceSession session) =>
        {
            var inputs = request.Inputs.Select(input => NamedOnnxValue.CreateFromTensor(input.Key, new DenseTensor<float>(input.Value, [1, input.Value.Length]))).ToList();
            using var outputs = session.Run(inputs);
            return new PredictResponse([outputs.ToDictionary(output => output.Name, output => output.AsEnumerable<float>().ToArray(), StringComparer.Ordinal)]);
        });
        await app.RunAsync();
    }

    internal sealed record PredictRequest(Dictionary<string, float[]> Inputs);

    internal sealed record PredictResponse(Dictionary<string, float[]>[] Predictions);
}
