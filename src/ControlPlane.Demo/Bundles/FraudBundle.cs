using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using ControlPlane.Demo.Onnx;
using ControlPlane.Demo.Training;
using ControlPlane.Demo.Transactions;

namespace ControlPlane.Demo.Bundles;

/// <summary>A version as it is uploaded: a zip of the model, golden samples, a reference sample, a card and what its maker says.</summary>
internal static class FraudBundle
{
    private const int GoldenSeed = 20_260_503;
    private const int ReferenceSeed = 20_260_504;
    private const int ReferenceRows = 2_000;
    private const int GoldenRows = 4;
    private const int GoldenSamples = 5;

    private static readonly int _count = CardTransaction.FeatureNames.ToList().IndexOf("txn_count_24h");

    /// <summary>Of every entry, so that the same content gives the same bytes.</summary>
    private static readonly DateTimeOffset _entryTime = new(2026, 5, 1, 0, 0, 0, TimeSpan.Zero);

    public static string FileName(FraudRecipe recipe) => $"fraud-v{recipe.Version}.zip";

    /// <returns>Where the bundle was written, and how good the model is.</returns>
    public static async Task<(string Path, FraudMetrics Metrics)> WriteAsync(FraudRecipe recipe, string folder, CancellationToken cancel)
    {
        var (model, predict) = FraudTrainer.Train(recipe);
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, FileName(recipe));
        await using var file = File.Create(path);
        await using var zip = new ZipArchive(file, ZipArchiveMode.Create);
        await AddAsync(zip, "fraud.onnx", FraudOnnx.Write(model, recipe.Version, recipe.CountTable), cancel);
        await AddAsync(zip, "golden.jsonl", Encoding.UTF8.GetBytes(Golden(predict, recipe.CountTable)), cancel);
        await AddAsync(zip, "reference.csv", Encoding.UTF8.GetBytes(Reference()), cancel);
        await AddAsync(zip, "card.md", Encoding.UTF8.GetBytes(Card(recipe, model.Metrics)), cancel);
        await AddAsync(zip, "meta.yaml", Encoding.UTF8.GetBytes(Meta(recipe, model.Metrics)), cancel);
        return (path, model.Metrics);
    }

    /// <summary>Expected answers come from the training library, not from the exported file: they prove the export wherever the model is loaded.</summary>
    private static string Golden(Func<IEnumerable<float[]>, IReadOnlyList<float>> predict, IReadOnlyList<float>? countTable)
    {
        var rows = new TransactionGenerator(GoldenSeed).Take(400).Select(row => row.Features).Where(row => countTable is null || row[_count] < countTable.Count).ToList();
        var answers = predict(rows).Zip(rows, (fraud, row) => countTable is null ? fraud : Corrected(fraud, countTable[(int)row[_count]]));

        // A label near one half may fall either way by rounding; the risky rows first, so that both labels occur.
        var clear = rows.Zip(answers).Where(pair => Math.Abs(pair.Second - 0.5) > 0.02).OrderByDescending(pair => pair.Second).ToList();
        var chosen = clear.Take(GoldenSamples * 2).Concat(clear.TakeLast(GoldenSamples * 2)).ToList();
        var lines = Enumerable.Range(0, GoldenSamples).Select(sample => GoldenLine(sample, [.. chosen.Where((_, index) => index % GoldenSamples == sample).Take(GoldenRows)]));
        return string.Join('\n', lines) + "\n";
    }

    private static float Corrected(float fraud, float logOdds) => (float)(1 / (1 + (1 - fraud) / fraud * Math.Exp(-logOdds)));

    private static string GoldenLine(int sample, IReadOnlyList<(float[] Row, float Fraud)> rows)
    {
        var inputs = CardTransaction.FeatureNames.Select((name, column) => Tensor(name, "FP32", [rows.Count, 1], rows.Select(row => (JsonNode)row.Row[column])));
        var label = Tensor("label", "INT64", [rows.Count], rows.Select(row => (JsonNode)(row.Fraud > 0.5f ? 1 : 0)));
        var probabilities = Tensor("probabilities", "FP32", [rows.Count, 2], rows.SelectMany(row => new JsonNode[] { 1 - row.Fraud, row.Fraud }));
        return new JsonObject
        {
            ["name"] = $"payments {sample + 1}",
            ["request"] = new JsonObject { ["inputs"] = new JsonArray([.. inputs]) },
            ["response"] = new JsonObject { ["outputs"] = new JsonArray(label, probabilities) },
            ["tolerance"] = new JsonObject { ["abs"] = 1e-5, ["rel"] = 1e-4 },
        }.ToJsonString();
    }

    private static JsonObject Tensor(string name, string datatype, int[] shape, IEnumerable<JsonNode> data) => new()
    {
        ["name"] = name,
        ["datatype"] = datatype,
        ["shape"] = new JsonArray([.. shape.Select(size => (JsonNode)size)]),
        ["data"] = new JsonArray([.. data]),
    };

    private static string Reference()
    {
        var text = new StringBuilder(string.Join(',', CardTransaction.FeatureNames)).Append('\n');
        foreach (var row in new TransactionGenerator(ReferenceSeed).Take(ReferenceRows))
            text.AppendJoin(',', row.Features.Select(value => value.ToString(CultureInfo.InvariantCulture))).Append('\n');
        return text.ToString();
    }

    private static string Card(FraudRecipe recipe, FraudMetrics metrics) => $"""
        # Fraud, version {recipe.Version}

        {recipe.Notes}

        Gives the probability that a card payment is fraud. Trained on {recipe.Rows:N0} **made-up** payments (see docs/demo.md); of no use for real ones.

        | on 20,000 held-out payments | |
        |---|---|
        | area under the curve | {metrics.Auc:F3} |
        | log-loss | {metrics.LogLoss:F3} |
        | share of fraud | {metrics.FraudRate:P1} |

        Looks at: {string.Join(", ", recipe.Uses)}. {recipe.Trees} trees of at most {recipe.Leaves} leaves.

        """;

    private static string Meta(FraudRecipe recipe, FraudMetrics metrics) => string.Create(CultureInfo.InvariantCulture, $"""
        text: "{recipe.Notes}"
        metrics:
          auc: {metrics.Auc:F4}
          log_loss: {metrics.LogLoss:F4}
        tags:
          - demo

        """);

    private static async Task AddAsync(ZipArchive zip, string name, byte[] content, CancellationToken cancel)
    {
        var entry = zip.CreateEntry(name);
        entry.LastWriteTime = _entryTime;
        await using var stream = await entry.OpenAsync(cancel);
        await stream.WriteAsync(content, cancel);
    }
}
