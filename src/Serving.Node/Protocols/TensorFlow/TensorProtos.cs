using Google.Protobuf;
using Microsoft.ML.OnnxRuntime.Tensors;
using Serving.Node.Protocols.Rpc;
using Serving.Node.Protocols.TensorFlow.Wire;
using Serving.Node.Tensors;

namespace Serving.Node.Protocols.TensorFlow;

/// <summary>Tensors between TensorFlow's messages and a model's memory.</summary>
internal static class TensorProtos
{
    /// <summary>Reads packed contents or typed ones; a single typed element stands for all.</summary>
    /// <exception cref="BadInputException">Type, shape or contents are not what the model's input takes.</exception>
    public static void Read(TensorProto given, TensorInput input, TensorBuffer into, int maxRows)
    {
        var field = $"inputs.{input.Name}";
        if (given.Dtype != TensorFlowTypes.Of(input.Type))
            throw new BadInputException($"{field}.dtype", $"Input {input.Name}: expected {TensorFlowTypes.Of(input.Type)}, got {given.Dtype}.");
        Span<long> shape = stackalloc long[ShapeText.MostDimensions];
        var dimensions = given.TensorShape?.Dim.Count ?? 0;
        if (dimensions > shape.Length)
            throw new BadInputException($"{field}.tensor_shape", $"Input {input.Name} has {dimensions} dimensions; {shape.Length} can be read.");
        for (var i = 0; i < dimensions; i++)
            shape[i] = given.TensorShape!.Dim[i].Size;
        shape = shape[..dimensions];
        if (!input.Takes(shape) || ShapeText.Elements(shape) == 0)
            throw new BadInputException($"{field}.tensor_shape", $"Input {input.Name}: expected shape {ShapeText.Of(input.Shape)}, got {ShapeText.Of(shape)}.");
        if (dimensions > 0 && shape[0] > maxRows)
            throw new BadInputException($"{field}.tensor_shape", $"Input {input.Name}: {shape[0]} rows; this endpoint takes {maxRows} in one request.", StatusCodes.Status413PayloadTooLarge);
        if (!given.TensorContent.IsEmpty && input.Type != TensorElementType.String)
            BinaryTensor.Read(given.TensorContent.Span, into, input.Type, shape, $"{field}.tensor_content");
        else
            ReadTyped(given, input.Type, into, shape, field);
    }

    public static TensorProto Write(TensorBuffer tensor)
    {
        var written = new TensorProto { Dtype = TensorFlowTypes.Of(tensor.Type), TensorShape = new TensorShapeProto() };
        foreach (var size in tensor.Shape)
            written.TensorShape.Dim.Add(new TensorShapeProto.Types.Dim { Size = size });
        switch (tensor.Type)
        {
            case TensorElementType.Float:
                foreach (var value in tensor.Values<float>())
                    written.FloatVal.Add(value);
                break;
            case TensorElementType.Double:
                foreach (var value in tensor.Values<double>())
                    written.DoubleVal.Add(value);
                break;
            case TensorElementType.Int64:
                foreach (var value in tensor.Values<long>())
                    written.Int64Val.Add(value);
                break;
            case TensorElementType.UInt64:
                foreach (var value in tensor.Values<ulong>())
                    written.Uint64Val.Add(value);
                break;
            case TensorElementType.UInt32:
                foreach (var value in tensor.Values<uint>())
                    written.Uint32Val.Add(value);
                break;
            case TensorElementType.Bool:
                foreach (var value in tensor.Values<byte>())
                    written.BoolVal.Add(value != 0);
                break;
            case TensorElementType.String:
                for (var i = 0; i < tensor.Count; i++)
                    written.StringVal.Add(ByteString.CopyFrom(tensor.Text(i)));
                break;
            case TensorElementType.Float16 or TensorElementType.BFloat16:
                foreach (var bits in tensor.Values<ushort>())
                    written.HalfVal.Add(bits);
                break;
            default:
                WriteSmall(written, tensor);
                break;
        }

        return written;
    }

    private static void WriteSmall(TensorProto written, TensorBuffer tensor)
    {
        for (var i = 0; i < tensor.Count; i++)
        {
            written.IntVal.Add(tensor.Type switch
            {
                TensorElementType.Int32 => tensor.Values<int>()[i],
                TensorElementType.Int16 => tensor.Values<short>()[i],
                TensorElementType.Int8 => tensor.Values<sbyte>()[i],
                TensorElementType.UInt16 => tensor.Values<ushort>()[i],
                TensorElementType.UInt8 => tensor.Values<byte>()[i],
                _ => throw new NotSupportedException($"Outputs of type {tensor.Type} have no form in this protocol."),
            });
        }
    }

    private static void ReadTyped(TensorProto given, TensorElementType type, TensorBuffer into, ReadOnlySpan<long> shape, string field)
    {
        switch (type)
        {
            case TensorElementType.Float:
                RepeatedElements.Copy(given.FloatVal, into, shape, field, static value => value, mayRepeat: true);
                break;
            case TensorElementType.Double:
                RepeatedElements.Copy(given.DoubleVal, into, shape, field, static value => value, mayRepeat: true);
                break;
            case TensorElementType.Int64:
                RepeatedElements.Copy(given.Int64Val, into, shape, field, static value => value, mayRepeat: true);
                break;
            case TensorElementType.Int32:
                RepeatedElements.Copy(given.IntVal, into, shape, field, static value => value, mayRepeat: true);
                break;
            case TensorElementType.Int16:
                RepeatedElements.Copy(given.IntVal, into, shape, field, static value => checked((short)value), mayRepeat: true);
                break;
            case TensorElementType.Int8:
                RepeatedElements.Copy(given.IntVal, into, shape, field, static value => checked((sbyte)value), mayRepeat: true);
                break;
            case TensorElementType.UInt8:
                RepeatedElements.Copy(given.IntVal, into, shape, field, static value => checked((byte)value), mayRepeat: true);
                break;
            case TensorElementType.UInt16:
                RepeatedElements.Copy(given.IntVal, into, shape, field, static value => checked((ushort)value), mayRepeat: true);
                break;
            case TensorElementType.UInt32:
                RepeatedElements.Copy(given.Uint32Val, into, shape, field, static value => value, mayRepeat: true);
                break;
            case TensorElementType.UInt64:
                RepeatedElements.Copy(given.Uint64Val, into, shape, field, static value => value, mayRepeat: true);
                break;
            case TensorElementType.Bool:
                RepeatedElements.Copy(given.BoolVal, into, shape, field, static value => value ? (byte)1 : (byte)0, mayRepeat: true);
                break;
            case TensorElementType.Float16 or TensorElementType.BFloat16:
                RepeatedElements.Copy(given.HalfVal, into, shape, field, static value => checked((ushort)value), mayRepeat: true);
                break;
            case TensorElementType.String:
                RepeatedElements.CopyTexts(given.StringVal, into, shape, field, mayRepeat: true);
                break;
            default:
                throw new BadInputException(field, $"{field} is {Datatype.NameOf(type)}, which has no form in this protocol.");
        }
    }
}
