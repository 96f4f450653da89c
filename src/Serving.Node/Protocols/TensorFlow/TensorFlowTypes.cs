using Microsoft.ML.OnnxRuntime.Tensors;
using Serving.Contracts.Models;
using Serving.Node.Protocols.TensorFlow.Wire;
using Serving.Node.Tensors;

namespace Serving.Node.Protocols.TensorFlow;

/// <summary>Element types by their names in TensorFlow.</summary>
internal static class TensorFlowTypes
{
    private static readonly (TensorElementType Onnx, DataType Wire, string Name)[] _known =
    [
        (TensorElementType.Float, DataType.DtFloat, "DT_FLOAT"), (TensorElementType.Double, DataType.DtDouble, "DT_DOUBLE"),
        (TensorElementType.Float16, DataType.DtHalf, "DT_HALF"), (TensorElementType.BFloat16, DataType.DtBfloat16, "DT_BFLOAT16"),
        (TensorElementType.Int8, DataType.DtInt8, "DT_INT8"), (TensorElementType.Int16, DataType.DtInt16, "DT_INT16"),
        (TensorElementType.Int32, DataType.DtInt32, "DT_INT32"), (TensorElementType.Int64, DataType.DtInt64, "DT_INT64"),
        (TensorElementType.UInt8, DataType.DtUint8, "DT_UINT8"), (TensorElementType.UInt16, DataType.DtUint16, "DT_UINT16"),
        (TensorElementType.UInt32, DataType.DtUint32, "DT_UINT32"), (TensorElementType.UInt64, DataType.DtUint64, "DT_UINT64"),
        (TensorElementType.Bool, DataType.DtBool, "DT_BOOL"), (TensorElementType.String, DataType.DtString, "DT_STRING"),
    ];

    public static string NameOf(TensorSpec spec) => Find(spec).Name;

    public static DataType Of(TensorSpec spec) => Find(spec).Wire;

    public static DataType Of(TensorElementType type) => Array.Find(_known, known => known.Onnx == type).Wire;

    /// <summary>A map of class probabilities leaves as a tensor of floats.</summary>
    private static (TensorElementType Onnx, DataType Wire, string Name) Find(TensorSpec spec) =>
        Array.Find(_known, known => Datatype.NameOf(known.Onnx) == (spec.IsTensor() ? spec.Type : "FP32"));
}
