using System.Buffers;
using System.Text.Json;
using Serving.Node.Respond;
using Serving.Node.Tensors;

namespace Serving.Node.Protocols.OpenInference;

/// <summary>The outputs of an answer in the forms that its caller asked for each of them. Used once, by one thread.</summary>
internal ref struct OipOutputs : IDisposable
{
    private readonly OipExchange _exchange;
    private readonly List<(TensorBuffer Tensor, bool IsBinary, bool IsOwn)> _written = [];

    public OipOutputs(OipExchange exchange) => _exchange = exchange;

    public bool AnyBinary { get; private set; }

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartArray();
        if (_exchange.Wanted.Count == 0)
        {
            for (var i = 0; i < _exchange.Call.Outputs.Length; i++)
                Write(json, new WantedOutput(i));
        }
        else
        {
            foreach (var wanted in _exchange.Wanted)
                Write(json, wanted);
        }

        json.WriteEndArray();
    }

    /// <summary>The bytes of the binary outputs, in the order of the JSON.</summary>
    public readonly void WriteBinary(IBufferWriter<byte> into)
    {
        foreach (var (tensor, isBinary, _) in _written)
        {
            if (isBinary)
                BinaryTensor.Write(tensor, into);
        }
    }

    public readonly void Dispose()
    {
        foreach (var (tensor, _, isOwn) in _written)
        {
            if (isOwn)
                tensor.Dispose();
        }
    }

    private void Write(Utf8JsonWriter json, WantedOutput wanted)
    {
        var tensor = _exchange.Call.Outputs[wanted.Index];
        var isOwn = wanted.Classes > 0;
        if (isOwn)
            tensor = TopClasses.Of(tensor, _exchange.Rows, wanted.Classes);
        var isBinary = wanted.Binary ?? _exchange.BinaryOutputs;
        _written.Add((tensor, isBinary, isOwn));
        AnyBinary |= isBinary;
        if (!isBinary && !Datatype.HasJsonForm(tensor.Type))
            throw new BadInputException($"outputs.{tensor.Name}", $"Output {tensor.Name} is {Datatype.NameOf(tensor.Type)}, which has no JSON form; ask for it with the parameter binary_data.");
        OipResponse.WriteOutput(json, tensor, _exchange.Call.Model.JsonNames[wanted.Index], isBinary);
    }
}
