using System.Text.Json;
using Microsoft.ML.OnnxRuntime.Tensors;
using Serving.Node.Receive;
using Serving.Node.Tensors;

namespace Serving.Node.Protocols.OpenInference;

/// <summary>Reads an infer request of the Open Inference Protocol v2 against the inputs of one model.</summary>
internal ref struct OipRequest
{
    private readonly OipExchange _exchange;
    private readonly TensorBuffer[] _tensors;
    private readonly TensorInput[] _model;
    private readonly int _maxRows;
    private readonly ReadOnlySpan<byte> _binary;
    private int _binaryTaken;

    private OipRequest(OipExchange exchange, int maxRows)
    {
        _exchange = exchange;
        _tensors = exchange.Call.AllInputs;
        _model = exchange.Call.Model.AllInputs;
        _maxRows = maxRows;
        _binary = exchange.Binary;
    }

    /// <param name="exchange">Its call's inputs, its id, entities and wanted outputs are set.</param>
    /// <exception cref="JsonException">The body is no JSON object, or nested deeper than 64 levels.</exception>
    /// <exception cref="BadInputException">A tensor does not fit the model.</exception>
    public static void Read(ReadOnlySpan<byte> utf8, OipExchange exchange, int maxRows)
    {
        var reader = new Utf8JsonReader(utf8);
        try
        {
            var request = new OipRequest(exchange, maxRows);
            request.ReadBody(ref reader);
            request.CheckAll();
        }
        catch (InvalidOperationException broken)
        {
            throw new JsonException("A string holds what is not Unicode text.", broken);
        }
    }

    private readonly void CheckAll()
    {
        if (_binaryTaken != _binary.Length)
            throw new BadInputException("body", $"{_binary.Length - _binaryTaken} bytes follow the JSON part that no input's binary_data_size accounts for.");
        for (var i = 0; i < _exchange.Call.Inputs.Length; i++)
        {
            if (!_tensors[i].IsSet)
                throw new BadInputException($"inputs.{_model[i].Name}", $"Input {_model[i].Name} ({_model[i].Datatype} {ShapeText.Of(_model[i].Shape)}) is missing.");
        }
    }

    private void ReadBody(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new BadInputException("body", "The body must be a JSON object with the member inputs.");

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("inputs"u8))
                ReadInputs(ref reader);
            else if (reader.ValueTextEquals("outputs"u8))
                OipWishes.ReadOutputs(ref reader, _exchange);
            else if (reader.ValueTextEquals("id"u8))
                _exchange.Id = OipMembers.TextOf(ref reader, "id");
            else if (reader.ValueTextEquals("parameters"u8))
                OipWishes.ReadParameters(ref reader, _exchange);
            else
                reader.Skip();
        }

        // What follows the object is malformed, not ignored.
        while (reader.Read())
        {
        }
    }

    private void ReadInputs(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new BadInputException("inputs", "inputs must be an array of tensors.");
        for (var index = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++)
            ReadTensor(ref reader, index);
    }

    private void ReadTensor(ref Utf8JsonReader reader, int index)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new BadInputException($"inputs[{index}]", $"inputs[{index}] must be an object with name, shape, datatype and data.");

        var at = -1;
        TensorElementType? datatype = null;
        Span<long> sizes = stackalloc long[ShapeText.MostDimensions];
        var rank = -1;
        Utf8JsonReader data = default;
        var hasData = false;
        var binarySize = -1L;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("name"u8))
            {
                at = ReadName(ref reader, index);
            }
            else if (reader.ValueTextEquals("datatype"u8))
            {
                datatype = ReadDatatype(ref reader, index);
            }
            else if (reader.ValueTextEquals("shape"u8))
            {
                rank = ReadShape(ref reader, sizes, index);
            }
            else if (reader.ValueTextEquals("data"u8))
            {
                reader.Read();
                data = reader;
                hasData = true;
                reader.Skip();
            }
            else if (reader.ValueTextEquals("parameters"u8))
            {
                binarySize = ReadBinarySize(ref reader, index);
            }
            else
            {
                reader.Skip();
            }
        }

        if (at < 0)
            throw new BadInputException($"inputs[{index}].name", $"inputs[{index}] has no name.");
        OipShape.Check(_model[at], _tensors[at], datatype, sizes, rank, _maxRows);
        if (binarySize >= 0)
        {
            TakeBinary(at, sizes[..rank], binarySize, hasData);
            return;
        }

        if (!hasData || data.TokenType != JsonTokenType.StartArray)
            throw new BadInputException($"inputs.{_model[at].Name}.data", $"Input {_model[at].Name}: data must be an array.");
        Fill(at, sizes[..rank], ref data, reader.TokenStartIndex);
    }

    private void TakeBinary(int at, scoped ReadOnlySpan<long> shape, long size, bool hasData)
    {
        var field = $"inputs.{_model[at].Name}";
        if (hasData)
            throw new BadInputException(field, $"Input {_model[at].Name}: data and binary_data_size exclude each other.");
        if (size > _binary.Length - _binaryTaken)
            throw new BadInputException(field, $"Input {_model[at].Name}: binary_data_size is {size}, but {_binary.Length - _binaryTaken} bytes are left after the JSON part; {OipExchange.HeaderLength} tells where it ends.");
        BinaryTensor.Read(_binary.Slice(_binaryTaken, (int)size), _tensors[at], _model[at].Type, shape, field);
        _binaryTaken += (int)size;
    }

    /// <returns>-1: the tensor is in the JSON.</returns>
    private static long ReadBinarySize(ref Utf8JsonReader reader, int index)
    {
        var size = -1L;
        OipMembers.BeginObject(ref reader, "inputs.parameters");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isIt = reader.ValueTextEquals("binary_data_size"u8);
            reader.Read();
            if (isIt && (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out size) || size < 0))
                throw new BadInputException($"inputs[{index}].parameters.binary_data_size", $"inputs[{index}].parameters.binary_data_size must be a number of bytes.");
            reader.Skip();
        }

        return size;
    }

    private readonly void Fill(int at, scoped ReadOnlySpan<long> shape, scoped ref Utf8JsonReader data, long endOfTensor)
    {
        var input = _model[at];
        if (!input.HasJsonForm)
            throw new BadInputException($"inputs.{input.Name}.datatype", $"Input {input.Name} is {input.Datatype}, which has no JSON form.");

        // An element takes two bytes at least, so a shape that the text cannot fill is refused before any memory is taken.
        var elements = ShapeText.Elements(shape);
        if (elements > (UInt128)((endOfTensor - data.TokenStartIndex) / 2 + 1))
            throw new BadInputException($"inputs.{input.Name}.data", $"Input {input.Name}: shape {ShapeText.Of(shape)} asks for {elements} elements, data holds fewer.");

        _tensors[at].Reshape(shape);
        var filled = ElementReader.Fill(ref data, _tensors[at], 0, (int)elements, shape, new FieldPath("inputs.", input.Name, ".data"));
        if (filled != (int)elements)
            throw new BadInputException($"inputs.{input.Name}.data", $"Input {input.Name}: shape {ShapeText.Of(shape)} asks for {elements} elements, data holds {filled}.");
    }

    private readonly int ReadName(ref Utf8JsonReader reader, int index)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.String)
            throw new BadInputException($"inputs[{index}].name", $"inputs[{index}].name must be a string.");
        // Callers name inputs in the model's order.
        if (index < _model.Length && reader.ValueTextEquals(_model[index].Utf8Name))
            return index;
        for (var i = 0; i < _model.Length; i++)
        {
            if (reader.ValueTextEquals(_model[i].Utf8Name))
                return i;
        }

        var name = reader.GetString();
        throw new BadInputException($"inputs.{name}", $"The model has no input {name}; it has {string.Join(", ", _model.Select(known => known.Name))}.");
    }

    private static TensorElementType ReadDatatype(ref Utf8JsonReader reader, int index)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.String)
            throw new BadInputException($"inputs[{index}].datatype", $"inputs[{index}].datatype must be a string.");
        return (reader.ValueIsEscaped ? null : Datatype.Parse(reader.ValueSpan))
            ?? throw new BadInputException($"inputs[{index}].datatype", $"inputs[{index}].datatype: {reader.GetString()} is no datatype of the protocol.");
    }

    /// <returns>Number of dimensions.</returns>
    private static int ReadShape(scoped ref Utf8JsonReader reader, scoped Span<long> into, int index)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new BadInputException($"inputs[{index}].shape", $"inputs[{index}].shape must be an array of sizes.");

        var rank = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || rank == into.Length || !reader.TryGetInt64(out into[rank]) || into[rank] < 0)
                throw new BadInputException($"inputs[{index}].shape", $"inputs[{index}].shape must be an array of at most {into.Length} sizes, each 0 or more.");
            rank++;
        }

        return rank;
    }
}
