using System.Text.Json;

namespace Testing;

/// <summary>Compares Open Inference outputs: float32 to 1e-5 relative, integers and strings exactly.</summary>
public static class OutputsAgree
{
    private const double Relative = 1e-5;
    private const double Absolute = 1e-6;

    /// <exception cref="InvalidOperationException">They differ; the message names the element.</exception>
    public static void Check(JsonElement expected, JsonElement actualOutputs)
    {
        var name = expected.GetProperty("name").GetString();
        var actual = actualOutputs.EnumerateArray().Single(output => output.GetProperty("name").GetString() == name);
        if (expected.GetProperty("datatype").GetString() != actual.GetProperty("datatype").GetString())
            throw new InvalidOperationException($"{name}: expected {expected.GetProperty("datatype")}, got {actual.GetProperty("datatype")}");
        if (expected.GetProperty("shape").GetRawText().Replace(" ", "") != actual.GetProperty("shape").GetRawText())
            throw new InvalidOperationException($"{name}: expected shape {expected.GetProperty("shape")}, got {actual.GetProperty("shape")}");

        var wanted = Flatten(expected.GetProperty("data")).ToList();
        var got = Flatten(actual.GetProperty("data")).ToList();
        if (wanted.Count != got.Count)
            throw new InvalidOperationException($"{name}: expected {wanted.Count} elements, got {got.Count}");
        var isFloat = expected.GetProperty("datatype").GetString() is "FP32" or "FP64";
        for (var i = 0; i < wanted.Count; i++)
        {
            var agree = isFloat
                ? Math.Abs(wanted[i].GetDouble() - got[i].GetDouble()) <= Absolute + Relative * Math.Abs(wanted[i].GetDouble())
                : wanted[i].ToString() == got[i].ToString();
            if (!agree)
                throw new InvalidOperationException($"{name}, element {i}: expected {wanted[i]}, got {got[i]}");
        }
    }

    private static IEnumerable<JsonElement> Flatten(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().SelectMany(Flatten) : [value];
}
