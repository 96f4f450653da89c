using System.Text.Json;

namespace Serving.Node.Predict;

/// <summary>One line of <c>golden.jsonl</c>: a request and what the model must answer.</summary>
/// <param name="Request">Body of an Open Inference infer request.</param>
/// <param name="Outputs">Expected outputs: objects with name and data.</param>
/// <param name="Absolute">Tolerance added to the relative one, floats only.</param>
/// <param name="Relative">Share of the expected value, floats only.</param>
internal sealed record GoldenSample(string Name, ReadOnlyMemory<byte> Request, JsonElement Outputs, double Absolute, double Relative)
{
    private const double DefaultAbsolute = 1e-6;
    private const double DefaultRelative = 1e-5;
    private const int MostSamples = 1_000;

    /// <exception cref="JsonException">A line is no golden sample; the message names the line.</exception>
    public static IReadOnlyList<GoldenSample> ReadAll(string path)
    {
        var samples = new List<GoldenSample>();
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
                continue;
            if (samples.Count == MostSamples)
                throw new JsonException($"golden.jsonl holds more than {MostSamples} samples.");
            samples.Add(Parse(line, number));
        }

        return samples;
    }

    private static GoldenSample Parse(string line, int number)
    {
        try
        {
            using var parsed = JsonDocument.Parse(line);
            var root = parsed.RootElement;
            var tolerance = root.TryGetProperty("tolerance", out var given) ? given : default;
            return new GoldenSample(
                root.TryGetProperty("name", out var name) ? name.GetString()! : $"line {number}",
                System.Text.Encoding.UTF8.GetBytes(root.GetProperty("request").GetRawText()),
                root.GetProperty("response").GetProperty("outputs").Clone(),
                Number(tolerance, "abs", DefaultAbsolute),
                Number(tolerance, "rel", DefaultRelative));
        }
        catch (Exception malformed) when (malformed is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new JsonException($"golden.jsonl, line {number}: {malformed.Message}", malformed);
        }
    }

    private static double Number(JsonElement tolerance, string name, double otherwise) =>
        tolerance.ValueKind == JsonValueKind.Object && tolerance.TryGetProperty(name, out var value) ? value.GetDouble() : otherwise;
}
