using System.Buffers;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Microsoft.ML.OnnxRuntime.Tensors;
using Serving.Node.Predict;
using Serving.Node.Protocols.OpenInference.Wire;
using Serving.Node.Protocols.Rpc;
using Serving.Node.Tensors;

namespace Serving.Node.Protocols.OpenInference;

/// <summary>Tensors between the protocol's messages and a model's memory.</summary>
internal static class OipMessages
{
    /// <exception cref="BadInputException">A tensor does not fit the model, or typed and raw contents are mixed.</exception>
    public static void Read(ModelInferRequest request, ModelCall call, int maxRows)
    {
        var isRaw = request.RawInputContents.Count > 0;
        if (isRaw && request.RawInputContents.Count != request.Inputs.Count)
            throw new BadInputException("raw_input_contents", $"raw_input_contents must hold one entry for each of the {request.Inputs.Count} inputs, got {request.RawInputContents.Count}.");
        for (var index = 0; index < request.Inputs.Count; index++)
        {
            var given = request.Inputs[index];
            ReadTensor(given, IndexOf(call.Model.AllInputs, given.Name, index), isRaw ? request.RawInputContents[index] : null, call, maxRows);
        }

        CheckAllGiven(call);
    }

    /// <exception cref="BadInputException">An input that has no default was not given.</exception>
    public static void CheckAllGiven(ModelCall call)
    {
        for (var at = 0; at < call.Inputs.Length; at++)
        {
            var input = call.Model.Inputs[at];
            if (!call.Inputs[at].IsSet)
                throw new BadInputException(input.Field, $"Input {input.Name} ({input.Datatype} {ShapeText.Of(input.Shape)}) is missing.");
        }
    }

    private static void ReadTensor(ModelInferRequest.Types.InferInputTensor given, int at, ByteString? raw, ModelCall call, int maxRows)
    {
        var (input, tensor) = (call.Model.AllInputs[at], call.AllInputs[at]);
        var field = $"inputs.{given.Name}";
        Span<long> shape = stackalloc long[ShapeText.MostDimensions];
        if (given.Shape.Count > shape.Length)
            throw new BadInputException($"{field}.shape", $"Input {given.Name} has {given.Shape.Count} dimensions; {shape.Length} can be read.");
        shape = shape[..given.Shape.Count];
        for (var i = 0; i < shape.Length; i++)
            shape[i] = given.Shape[i];
        OipShape.Check(input, tensor, Datatype.Parse(System.Text.Encoding.UTF8.GetBytes(given.Datatype)), shape, shape.Length, maxRows);
        if (raw is null)
            ReadContents(given.Contents ?? new InferTensorContents(), tensor, input.Type, shape, field);
        else if (given.Contents is not null)
            throw new BadInputException(field, $"{field}: contents and raw_input_contents exclude each other.");
        else
            BinaryTensor.Read(raw.Span, tensor, input.Type, shape, field);
    }

    /// <summary>Outputs always leave in their raw form, which all clients read.</summary>
    public static void Write(ModelInferResponse answer, TensorBuffer tensor)
    {
        var output = new ModelInferResponse.Types.InferOutputTensor { Name = tensor.Name, Datatype = Datatype.NameOf(tensor.Type) };
        foreach (var size in tensor.Shape)
            output.Shape.Add(size);
        if (tensor.Labels is { } labels)
            output.Parameters["classes"] = new InferParameter { StringParam = labels.Json };
        answer.Outputs.Add(output);
        answer.RawOutputContents.Add(BytesOf(tensor));
    }

    public static long? NumberOf(MapField<string, InferParameter> parameters, string name)
    {
        if (!parameters.TryGetValue(name, out var given))
            return null;
        return given.ParameterChoiceCase switch
        {
            InferParameter.ParameterChoiceOneofCase.Int64Param when given.Int64Param >= 0 => given.Int64Param,
            InferParameter.ParameterChoiceOneofCase.Uint64Param when given.Uint64Param <= long.MaxValue => (long)given.Uint64Param,
            _ => throw new BadInputException($"parameters.{name}", $"parameters.{name} must be an integer, 0 or more."),
        };
    }

    public static int IndexOf(TensorInput[] inputs, string name, int likely)
    {
        if (likely < inputs.Length && inputs[likely].Name == name)
            return likely;
        var at = Array.FindIndex(inputs, input => input.Name == name);
        return at >= 0 ? at : throw new BadInputException($"inputs.{name}", $"The model has no input {name}; it has {string.Join(", ", inputs.Select(input => input.Name))}.");
    }

    private static void ReadContents(InferTensorContents contents, TensorBuffer into, TensorElementType type, ReadOnlySpan<long> shape, string field)
    {
        switch (type)
        {
            case TensorElementType.Bool:
                Copy(contents.BoolContents, into, shape, field, static value => value ? (byte)1 : (byte)0);
                break;
            case TensorElementType.Int8:
                Copy(contents.IntContents, into, shape, field, static value => checked((sbyte)value));
                break;
            case TensorElementType.Int16:
                Copy(contents.IntContents, into, shape, field, static value => checked((short)value));
                break;
            case TensorElementType.Int32:
                Copy(contents.IntContents, into, shape, field, static value => value);
                break;
            case TensorElementType.Int64:
                Copy(contents.Int64Contents, into, shape, field, static value => value);
                break;
            case TensorElementType.UInt8:
                Copy(contents.UintContents, into, shape, field, static value => checked((byte)value));
                break;
            case TensorElementType.UInt16:
                Copy(contents.UintContents, into, shape, field, static value => checked((ushort)value));
                break;
            case TensorElementType.UInt32:
                Copy(contents.UintContents, into, shape, field, static value => value);
                break;
            case TensorElementType.UInt64:
                Copy(contents.Uint64Contents, into, shape, field, static value => value);
                break;
            case TensorElementType.Float:
                Copy(contents.Fp32Contents, into, shape, field, static value => value);
                break;
            case TensorElementType.Double:
                Copy(contents.Fp64Contents, into, shape, field, static value => value);
                break;
            case TensorElementType.String:
                RepeatedElements.CopyTexts(contents.BytesContents, into, shape, field);
                break;
            default:
                throw new BadInputException(field, $"{field} is {Datatype.NameOf(type)}, which has no typed contents; send it in raw_input_contents.");
        }
    }

    private static void Copy<TFrom, TTo>(RepeatedField<TFrom> from, TensorBuffer into, ReadOnlySpan<long> shape, string field, Func<TFrom, TTo> convert)
        where TTo : unmanaged => RepeatedElements.Copy(from, into, shape, field, convert, mayRepeat: false);

    private static ByteString BytesOf(TensorBuffer tensor)
    {
        if (!tensor.IsText)
            return ByteString.CopyFrom(tensor.Raw);
        var bytes = new ArrayBufferWriter<byte>((int)Math.Max(1, BinaryTensor.SizeOf(tensor)));
        BinaryTensor.Write(tensor, bytes);
        return UnsafeByteOperations.UnsafeWrap(bytes.WrittenMemory);
    }
}
