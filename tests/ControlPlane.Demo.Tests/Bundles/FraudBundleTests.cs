using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using ControlPlane.Demo.Bundles;
using ControlPlane.Demo.Training;
using ControlPlane.Demo.Transactions;

namespace ControlPlane.Demo.Tests.Bundles;

public sealed class FraudBundleTests : IDisposable
{
    private static readonly FraudRecipe _small = FraudRecipe.Second with { Rows = 10_000, Trees = 30 };

    private readonly string _folder = Directory.CreateTempSubdirectory("bundle-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Holds_the_files_of_a_bundle_and_nothing_else()
    {
        var (path, _) = await FraudBundle.WriteAsync(_small, _folder, TestContext.Current.CancellationToken);

        using var zip = ZipFile.OpenRead(path);

        Assert.Equal(["card.md", "fraud.onnx", "golden.jsonl", "meta.yaml", "reference.csv"], zip.Entries.Select(entry => entry.FullName).Order());
        Assert.Equal(string.Join(',', CardTransaction.FeatureNames), Lines(zip, "reference.csv")[0]);
        Assert.Equal(2_001, Lines(zip, "reference.csv").Length);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Its_golden_samples_hold_on_the_exported_model_and_show_both_labels(bool corrects)
    {
        var (path, _) = await FraudBundle.WriteAsync(corrects ? _small with { Version = 3, CountTable = FraudRecipe.Third.CountTable } : _small, _folder, TestContext.Current.CancellationToken);
        using var zip = ZipFile.OpenRead(path);
        using var onnx = new MemoryStream();
        await zip.GetEntry("fraud.onnx")!.Open().CopyToAsync(onnx, TestContext.Current.CancellationToken);

        var samples = Lines(zip, "golden.jsonl").Select(line => JsonDocument.Parse(line).RootElement).ToList();
        var seen = samples.Select(sample => Compare(onnx.ToArray(), sample)).SelectMany(labels => labels).ToHashSet();

        Assert.Equal(5, samples.Count);
        Assert.Equal([0L, 1L], seen.Order());
    }

    [Fact]
    public async Task The_same_recipe_gives_the_same_bytes()
    {
        var one = await FraudBundle.WriteAsync(_small, Path.Combine(_folder, "one"), TestContext.Current.CancellationToken);
        var other = await FraudBundle.WriteAsync(_small, Path.Combine(_folder, "other"), TestContext.Current.CancellationToken);

        Assert.Equal(SHA256.HashData(await File.ReadAllBytesAsync(one.Path, TestContext.Current.CancellationToken)), SHA256.HashData(await File.ReadAllBytesAsync(other.Path, TestContext.Current.CancellationToken)));
    }

    private static long[] Compare(byte[] onnx, JsonElement sample)
    {
        var inputs = sample.GetProperty("request").GetProperty("inputs").EnumerateArray().ToDictionary(input => input.GetProperty("name").GetString()!, Numbers);
        var rows = Enumerable.Range(0, inputs["amount"].Length).Select(row => CardTransaction.FeatureNames.Select(name => inputs[name][row]).ToArray()).ToList();
        var outputs = sample.GetProperty("response").GetProperty("outputs").EnumerateArray().ToDictionary(output => output.GetProperty("name").GetString()!, Numbers);

        var (labels, probabilities) = OnnxSession.Run(onnx, rows);

        Assert.Equal(outputs["label"].Select(label => (long)label), labels);
        Assert.All(outputs["probabilities"], (expected, index) => Assert.InRange(Math.Abs(expected - probabilities[index]), 0, 1e-5 + 1e-4 * expected));
        return labels;
    }

    private static float[] Numbers(JsonElement tensor) => [.. tensor.GetProperty("data").EnumerateArray().Select(value => value.GetSingle())];

    private static string[] Lines(ZipArchive zip, string name)
    {
        using var reader = new StreamReader(zip.GetEntry(name)!.Open());
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
