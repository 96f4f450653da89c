using System.Text.Json;
using Microsoft.ML.OnnxRuntime.Tensors;
using Serving.Node.Tensors;

namespace Serving.Node.Receive;

/// <summary>Reads an infer request of the Open Inference Protocol v2 against the inputs of one model.</summary>
internal ref struct OipRequest
{
    private readonly OipExchange _exchange;
    private readonly TensorBuffer[] _tensors;
    private readonly TensorInput[] _model;
    private readonly int _maxRows;

    private OipRequest(OipExchange exchange, int maxRows)
    {
        _exchange = exchange;
        _tensors = exchange.Call.Inputs;
        _model = exchange.Call.Model.Inputs;
        _maxRows = maxRows;
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
        for (var i = 0; i < _model.Length; i++)
        {
            if (!_tensors[i].IsSet)
                throw new BadInputException($"inputs.{_model[i].Name}", $"Input {_model[i].Name} ({_model[i].Datatype} {ShapeText.Of(_model[i].Shape)}) is missing.");
        }
    }

    private readonly void ReadBody(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new BadInputException("body", "The body must be a JSON object with the member inputs.");

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("inputs"u8))
                ReadInputs(ref reader);
            else if (reader.ValueTextEquals("outputs"u8))
                ReadOutputs(ref reader);
            else if (reader.ValueTextEquals("id"u8))
                _exchange.Id = TextOf(ref reader, "id");
            else if (reader.ValueTextEquals("parameters"u8))
                ReadParameters(ref reader);
            else
                reader.Skip();
        }

        // What follows the object is malformed, not ignored.
        while (reader.Read())
        {
        }
    }

    private readonly void ReadInputs(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new BadInputException("inputs", "inputs must be an array of tensors.");
        for (var index = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++)
            ReadTensor(ref reader, index);
    }

    private readonly void ReadTensor(ref Utf8JsonReader reader, int index)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new BadInputException($"inputs[{index}]", $"inputs[{index}] must be an object with name, shape, datatype and data.");

        var at = -1;
        TensorElementType? datatype = null;
        Span<long> sizes = stackalloc long[ShapeText.MostDimensions];
        var rank = -1;
        Utf8JsonReader data = default;
        var hasData = false;
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
            else
            {
                reader.Skip();
            }
        }

        if (at < 0)
            throw new BadInputException($"inputs[{index}].name", $"inputs[{index}] has no name.");
        Check(_model[at], _tensors[at], datatype, sizes, rank);
        if (!hasData || data.TokenType != JsonTokenType.StartArray)
            throw new BadInputException($"inputs.{_model[at].Name}.data", $"Input {_model[at].Name}: data must be an array.");
        Fill(at, sizes[..rank], ref data, reader.TokenStartIndex);
    }

    /// <summary>Whether name, datatype and shape are those of the model's input.</summary>
    private readonly void Check(TensorInput input, TensorBuffer tensor, TensorElementType? datatype, scoped ReadOnlySpan<long> sizes, int rank)
    {
        if (tensor.IsSet)
            throw new BadInputException($"inputs.{input.Name}", $"Input {input.Name} is given twice.");
        if (datatype != input.Type)
            throw new BadInputException($"inputs.{input.Name}.datatype", $"Input {input.Name}: expected datatype {input.Datatype}, got {(datatype is { } got ? Datatype.NameOf(got) : "none")}.");
        if (rank < 0 || !input.Takes(sizes[..rank]))
            throw new BadInputException($"inputs.{input.Name}.shape", $"Input {input.Name}: expected shape {ShapeText.Of(input.Shape)}, got {(rank < 0 ? "none" : ShapeText.Of(sizes[..rank]))}.");
        if (rank > 0 && sizes[0] > _maxRows)
            throw new BadInputException($"inputs.{input.Name}.shape", $"Input {input.Name}: {sizes[0]} rows; this endpoint takes {_maxRows} in one request.", StatusCodes.Status413PayloadTooLarge);
        if (ShapeText.Elements(sizes[..rank]) == 0)
            throw new BadInputException($"inputs.{input.Name}.shape", $"Input {input.Name}: shape {ShapeText.Of(sizes[..rank])} holds no element; send one row at least.");
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

    private readonly void ReadOutputs(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new BadInputException("outputs", "outputs must be an array of objects with a name.");

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
                throw new BadInputException("outputs", "outputs must be an array of objects with a name.");
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("name"u8))
                    Want(TextOf(ref reader, "outputs.name"));
                else
                    reader.Skip();
            }
        }
    }

    private readonly void Want(string name)
    {
        var known = _exchange.Call.Model.OutputNames;
        var at = Array.IndexOf(known, name);
        if (at < 0)
            throw new BadInputException("outputs", $"The model has no output {name}; it has {string.Join(", ", known)}.");
        if (_exchange.Wanted.Contains(at))
            throw new BadInputException("outputs", $"Output {name} is asked for twice.");
        _exchange.Wanted.Add(at);
    }

    private readonly void ReadParameters(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new BadInputException("parameters", "parameters must be an object.");

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (reader.TokenType == JsonTokenType.String && name.StartsWith("entity.", StringComparison.Ordinal))
                (_exchange.Entities ??= new(StringComparer.Ordinal))[name["entity.".Length..]] = reader.GetString()!;
            else
                reader.Skip();
        }
    }

    private static string TextOf(ref Utf8JsonReader reader, string field)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new BadInputException(field, $"{field} must be a string.");
    }
}
