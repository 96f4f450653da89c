using System.Text.Json;

namespace Serving.Node.Tensors;

/// <summary>Names of the classes that the columns of an output stand for.</summary>
/// <param name="AreText">False: the model's own labels are integers.</param>
internal sealed record ClassLabels(string[] Names, bool AreText)
{
    /// <summary>As a JSON list: of strings, or of integers.</summary>
    public string Json { get; } = AreText ? JsonSerializer.Serialize(Names, TensorsJson.Default.StringArray) : $"[{string.Join(',', Names)}]";

    public byte[] Utf8 => field ??= System.Text.Encoding.UTF8.GetBytes(Json);

    /// <summary>Reads what <see cref="Json"/> gave.</summary>
    public static ClassLabels Parse(ReadOnlyMemory<byte> json)
    {
        using var list = JsonDocument.Parse(json);
        var areText = list.RootElement.EnumerateArray().Any(label => label.ValueKind == JsonValueKind.String);
        return new ClassLabels([.. list.RootElement.EnumerateArray().Select(label => label.ToString())], areText);
    }
}
