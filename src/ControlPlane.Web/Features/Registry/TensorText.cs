using System.Globalization;
using Serving.Contracts.Models;

namespace ControlPlane.Web.Features.Registry;

/// <summary>Types and shapes of tensors as people read them.</summary>
internal static class TensorText
{
    /// <returns><c>[N, 23]</c>; empty when the file says nothing about it.</returns>
    public static string Shape(TensorSpec tensor) => tensor.Shape is null
        ? ""
        : $"[{string.Join(", ", tensor.Shape.Select((size, axis) => size >= 0 ? size.ToString(CultureInfo.InvariantCulture) : tensor.Symbols?.ElementAtOrDefault(axis) ?? "?"))}]";

    /// <returns><c>float32</c> for <c>FP32</c>.</returns>
    public static string Type(string datatype) => datatype switch
    {
        "BOOL" => "bool",
        "BYTES" => "string",
        "BF16" => "bfloat16",
        _ when datatype.StartsWith("FP", StringComparison.Ordinal) => "float" + datatype[2..],
        _ when datatype.StartsWith("INT", StringComparison.Ordinal) || datatype.StartsWith("UINT", StringComparison.Ordinal) => datatype.ToLowerInvariant(),
        _ => datatype,
    };
}
