using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using Serving.Node.Protocols.Native;
using Serving.Node.Protocols.OpenInference;
using Serving.Node.Receive;
using Serving.Node.Respond;
using Serving.Node.Tensors;

namespace Serving.Node.Predict;

/// <summary>Compares what a model answers with what a golden sample expects.</summary>
internal static class GoldenCheck
{
    /// <returns>The first difference, one sentence with both values; null when there is none.</returns>
    /// <param name="deadline">Timestamp of the slot's time provider after which the run is ended.</param>
    /// <exception cref="OnnxRuntimeException">The run itself failed.</exception>
    /// <exception cref="RunFailedException">The same, in another process.</exception>
    /// <exception cref="DeadlineException">It took too long.</exception>
    public static string? DifferenceOf(ServedModel model, GoldenSample sample, RunSlot slot, long deadline)
    {
        using var call = new ModelCall(model);
        try
        {
            OipRequest.Read(sample.Request.Span, new OipExchange { Call = call }, int.MaxValue);
        }
        catch (Exception bad) when (bad is BadInputException or JsonException)
        {
            return $"Sample {sample.Name} does not fit the model: {bad.Message}";
        }

        slot.Run(call, deadline);
        var written = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(written))
            OipResponse.WriteAll(json, call);
        using var actual = JsonDocument.Parse(written.WrittenMemory);
        return Compare(sample, actual.RootElement);
    }

    private static string? Compare(GoldenSample sample, JsonElement actual)
    {
        foreach (var expected in sample.Outputs.EnumerateArray())
        {
            var name = expected.GetProperty("name").GetString();
            var got = actual.EnumerateArray().FirstOrDefault(output => output.GetProperty("name").ValueEquals(name));
            if (got.ValueKind == JsonValueKind.Undefined)
                return $"Sample {sample.Name} expects an output {name}; the model has none.";
            if (expected.TryGetProperty("shape", out var shape) && !Same(shape, got.GetProperty("shape")))
                return $"Sample {sample.Name}, output {name}: expected shape {shape.GetRawText()}, got {got.GetProperty("shape").GetRawText()}.";
            if (Compare(sample, name!, expected.GetProperty("data"), got.GetProperty("data")) is { } difference)
                return difference;
        }

        return null;
    }

    private static string? Compare(GoldenSample sample, string name, JsonElement expected, JsonElement actual)
    {
        var wanted = Flatten(expected).ToList();
        var got = Flatten(actual).ToList();
        if (wanted.Count != got.Count)
            return $"Sample {sample.Name}, output {name}: expected {wanted.Count} elements, got {got.Count}.";

        for (var i = 0; i < wanted.Count; i++)
        {
            if (!Agree(sample, wanted[i], got[i]))
                return $"Sample {sample.Name}, output {name}, element {i}: expected {wanted[i].GetRawText()}, got {Shown(got[i])}.";
        }

        return null;
    }

    private static bool Agree(GoldenSample sample, JsonElement wanted, JsonElement got)
    {
        if (wanted.ValueKind != JsonValueKind.Number || got.ValueKind != JsonValueKind.Number)
            return wanted.ValueKind == got.ValueKind && wanted.ToString() == got.ToString();
        // Integers larger than a double holds exactly are compared as written.
        if (wanted.TryGetInt64(out var wantedInteger) && got.TryGetInt64(out var gotInteger) && wantedInteger == gotInteger)
            return true;

        var difference = Math.Abs(wanted.GetDouble() - got.GetDouble());
        return difference <= sample.Absolute + sample.Relative * Math.Abs(wanted.GetDouble());
    }

    private static IEnumerable<JsonElement> Flatten(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().SelectMany(Flatten) : [value];

    private static bool Same(JsonElement first, JsonElement second) =>
        Flatten(first).Select(size => size.GetInt64()).SequenceEqual(Flatten(second).Select(size => size.GetInt64()));

    private static string Shown(JsonElement value) =>
        value.ValueKind == JsonValueKind.Null ? "a value that is not finite" : string.Create(CultureInfo.InvariantCulture, $"{value}");
}
