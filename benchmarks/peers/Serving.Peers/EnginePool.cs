using Microsoft.Extensions.ObjectPool;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Onnx;

namespace Serving.Peers;

/// <summary>
/// ML.NET over the same ONNX file. An engine serves one thread at a time, so a pool of them is kept, as PredictionEnginePool does
/// (Microsoft.Extensions.ML, whose pool is this one with reloading around it).
/// </summary>
internal static class EnginePool
{
    public const string Verb = "mlnet";

    private const int Features = 13;

    public static async Task RunAsync(int port, string model)
    {
        var ml = new MLContext();
        var none = ml.Data.LoadFromEnumerable<Row>([]);
        var pipeline = ml.Transforms.ApplyOnnxModel(new OnnxOptions { ModelFile = model, InputColumns = ["input"], OutputColumns = ["variable"], IntraOpNumThreads = 1, InterOpNumThreads = 1 });
        using var fitted = pipeline.Fit(none);
        var engines = new DefaultObjectPool<PredictionEngine<Row, Score>>(new Policy(ml, fitted), 2 * Environment.ProcessorCount);

        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        await using var app = builder.Build();
        app.MapPost("/predict", (PredictRequest request) =>
        {
            var engine = engines.Get();
            try
            {
                return new PredictResponse([engine.Predict(request.Inputs)]);
            }
            finally
            {
                engines.Return(engine);
            }
        });
        await app.RunAsync();
    }

    private sealed class Policy(MLContext ml, ITransformer fitted) : PooledObjectPolicy<PredictionEngine<Row, Score>>
    {
        public override PredictionEngine<Row, Score> Create() => ml.Model.CreatePredictionEngine<Row, Score>(fitted);

        public override bool Return(PredictionEngine<Row, Score> obj) => true;
    }

    internal sealed class Row
    {
        [ColumnName("input"), VectorType(1, Features)]
        public float[] Input { get; set; } = [];
    }

    internal sealed class Score
    {
        [ColumnName("variable")]
        public float[] Variable { get; set; } = [];
    }

    internal sealed record PredictRequest(Row Inputs);

    internal sealed record PredictResponse(Score[] Predictions);
}
