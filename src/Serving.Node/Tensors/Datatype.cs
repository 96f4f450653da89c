using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Serving.Node.Tensors;

/// <summary>Element types by their names in the Open Inference Protocol.</summary>
internal static class Datatype
{
    public const string Bytes = "BYTES";

    private static readonly (TensorElementType Type, byte[] Utf8)[] _names = [.. Enum.GetValues<TensorElementType>()
        .Where(type => type is >= TensorElementType.Float and <= TensorElementType.Double or TensorElementType.UInt32 or TensorElementType.UInt64 or TensorElementType.BFloat16)
        .Select(type => (type, System.Text.Encoding.ASCII.GetBytes(NameOf(type))))];

    public static string NameOf(TensorElementType type) => type switch
    {
        TensorElementType.Float => "FP32",
        TensorElementType.Double => "FP64",
        TensorElementType.Int64 => "INT64",
        TensorElementType.Int32 => "INT32",
        TensorElementType.Int16 => "INT16",
        TensorElementType.Int8 => "INT8",
        TensorElementType.UInt64 => "UINT64",
        TensorElementType.UInt32 => "UINT32",
        TensorElementType.UInt16 => "UINT16",
        TensorElementType.UInt8 => "UINT8",
        TensorElementType.Bool => "BOOL",
        TensorElementType.String => Bytes,
        TensorElementType.Float16 => "FP16",
        TensorElementType.BFloat16 => "BF16",
        _ => type.ToString().ToUpperInvariant(),
    };

    /// <summary>Bytes of one element; 0 for text.</summary>
    /// <exception cref="NotSupportedException">The type has no wire form.</exception>
    public static int SizeOf(TensorElementType type) => type switch
    {
        TensorElementType.String => 0,
        TensorElementType.Bool or TensorElementType.UInt8 or TensorElementType.Int8 => 1,
        TensorElementType.UInt16 or TensorElementType.Int16 or TensorElementType.Float16 or TensorElementType.BFloat16 => 2,
        TensorElementType.UInt32 or TensorElementType.Int32 or TensorElementType.Float => 4,
        TensorElementType.UInt64 or TensorElementType.Int64 or TensorElementType.Double => 8,
        _ => throw new NotSupportedException($"Tensors of type {type} have no form on the wire."),
    };

    /// <summary>Whether the type has a form on the wire: complex and 4-bit numbers have none.</summary>
    public static bool IsKnown(TensorElementType type) => Array.Exists(_names, known => known.Type == type);

    /// <summary>The type of a name on the wire.</summary>
    public static TensorElementType? Parse(ReadOnlySpan<byte> utf8)
    {
        foreach (var (type, known) in _names)
        {
            if (utf8.SequenceEqual(known))
                return type;
        }

        return null;
    }

    /// <summary>Half-precision numbers have no JSON form.</summary>
    public static bool HasJsonForm(TensorElementType type) =>
        type is not (TensorElementType.Float16 or TensorElementType.BFloat16) && NameOf(type) is var name && (name.StartsWith("FP", StringComparison.Ordinal)
            || name.StartsWith("INT", StringComparison.Ordinal) || name.StartsWith("UINT", StringComparison.Ordinal) || name is "BOOL" or Bytes);

    /// <summary>The ONNX type of what is no tensor: <c>seq(map(string,float))</c>.</summary>
    public static string NameOf(NodeMetadata metadata) => metadata.OnnxValueType switch
    {
        OnnxValueType.ONNX_TYPE_TENSOR => NameOf(metadata.ElementDataType),
        OnnxValueType.ONNX_TYPE_SEQUENCE => $"seq({Whole(metadata.AsSequenceMetadata().ElementMeta)})",
        OnnxValueType.ONNX_TYPE_MAP => $"map({Scalar(metadata.AsMapMetadata().KeyDataType)},{Inner(metadata.AsMapMetadata().ValueMetadata)})",
        OnnxValueType.ONNX_TYPE_OPTIONAL => $"optional({Whole(metadata.AsOptionalMetadata().ElementMeta)})",
        _ => $"unknown({metadata.OnnxValueType})",
    };

    private static string Whole(NodeMetadata metadata) =>
        metadata.OnnxValueType == OnnxValueType.ONNX_TYPE_TENSOR ? $"tensor({Scalar(metadata.ElementDataType)})" : NameOf(metadata);

    /// <summary>What maps hold: the runtime calls it a tensor, ONNX a scalar.</summary>
    private static string Inner(NodeMetadata metadata) =>
        metadata.OnnxValueType == OnnxValueType.ONNX_TYPE_TENSOR ? Scalar(metadata.ElementDataType) : NameOf(metadata);

    private static string Scalar(TensorElementType type) => type.ToString().ToLowerInvariant();
}
