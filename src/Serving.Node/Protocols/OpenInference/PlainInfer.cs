using Serving.Node.Predict;
using Serving.Node.Protocols.Rpc;
using Serving.Node.Tensors;

namespace Serving.Node.Protocols.OpenInference;

/// <summary>
/// An infer request as most gRPC clients send it, read where it lies: names, types and shapes with raw contents, nothing else. Used again; one thread at a time.
/// </summary>
/// <remarks>Reading it into messages and writing the answer from messages took a third of such a call.</remarks>
internal sealed class PlainInfer
{
    private readonly List<(Part Name, Part Datatype, Part Shape)> _inputs = [];
    private readonly List<Part> _raw = [];

    public Part Model { get; private set; }

    public Part Version { get; private set; }

    public Part Id { get; private set; }

    /// <returns>False: it has parameters, typed contents, wanted outputs or a fault, which are for whoever reads all of the protocol.</returns>
    public bool TryParse(ReadOnlySpan<byte> message)
    {
        Clear();
        var reader = new WireReader(message);
        while (reader.Next(out var field, out var value))
        {
            switch (field)
            {
                case 1:
                    Model = value;
                    break;
                case 2:
                    Version = value;
                    break;
                case 3:
                    Id = value;
                    break;
                case 5:
                    if (!TryParseInput(message, value))
                        return false;
                    break;
                case 7:
                    _raw.Add(value);
                    break;
                default:
                    return false;
            }
        }

        return reader.IsWhole && _raw.Count == _inputs.Count;
    }

    /// <exception cref="BadInputException">A tensor does not fit the model.</exception>
    public void Read(ReadOnlySpan<byte> message, ModelCall call, int maxRows)
    {
        Span<long> room = stackalloc long[ShapeText.MostDimensions];
        for (var i = 0; i < _inputs.Count; i++)
        {
            var (name, datatype, sizes) = _inputs[i];
            var at = IndexOf(call.Model.AllInputs, name.In(message), i);
            var (input, tensor) = (call.Model.AllInputs[at], call.AllInputs[at]);
            var shape = room[..Sizes(sizes.In(message), room, input)];
            OipShape.Check(input, tensor, Datatype.Parse(datatype.In(message)), shape, shape.Length, maxRows);
            BinaryTensor.Read(_raw[i].In(message), tensor, input.Type, shape, input.Field);
        }

        OipMessages.CheckAllGiven(call);
    }

    public void Clear()
    {
        _inputs.Clear();
        _raw.Clear();
        Model = Version = Id = default;
    }

    private bool TryParseInput(ReadOnlySpan<byte> message, Part input)
    {
        Part name = default, datatype = default, shape = default;
        var reader = new WireReader(input.In(message));
        while (reader.Next(out var field, out var value))
        {
            var part = input.Within(value);
            switch (field)
            {
                case 1:
                    name = part;
                    break;
                case 2:
                    datatype = part;
                    break;
                case 3 when shape.Length == 0:
                    shape = part;
                    break;
                default:
                    return false;
            }
        }

        _inputs.Add((name, datatype, shape));
        return reader.IsWhole;
    }

    private static int IndexOf(TensorInput[] inputs, ReadOnlySpan<byte> name, int likely)
    {
        if (likely < inputs.Length && name.SequenceEqual(inputs[likely].Utf8Name))
            return likely;
        return OipMessages.IndexOf(inputs, System.Text.Encoding.UTF8.GetString(name), likely);
    }

    private static int Sizes(ReadOnlySpan<byte> packed, Span<long> into, TensorInput input)
    {
        var (at, count) = (0, 0);
        while (at < packed.Length)
        {
            if (count == into.Length)
                throw new BadInputException($"{input.Field}.shape", $"Input {input.Name} has more than {into.Length} dimensions; so many can be read.");
            if (!WireReader.TryVarint(packed, ref at, out var size))
                throw new BadInputException($"{input.Field}.shape", $"Input {input.Name}: its shape is cut off.");
            into[count++] = (long)size;
        }

        return count;
    }
}
