using System.Text.Json;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Serving.Node.Tensors;

/// <summary>An infer request of the Open Inference Protocol v2, read against the inputs of one model. Owns its tensors.</summary>
internal sealed class OipRequest : IDisposable
{
    private OipRequest(InputTensors inputs) => Inputs = inputs;

    public InputTensors Inputs { get; }

    public string? Id { get; private set; }

    /// <summary>Outputs asked for, in that order; null: all.</summary>
    public List<string>? Outputs { get; private set; }

    public string? AssignmentKey { get; private set; }

    /// <summary>Entity ids from the parameters <c>entity.TYPE</c>.</summary>
    public Dictionary<string, string>? Entities { get; private set; }

    /// <exception cref="JsonException">The body is no JSON object, or nested deeper than 64 levels.</exception>
    /// <exception cref="BadInputException">A tensor does not fit the model.</exception>
    public static OipRequest Read(ReadOnlySpan<byte> utf8, TensorInput[] model, int maxRows)
    {
        var request = new OipRequest(new InputTensors(model));
        try
        {
            var reader = new Utf8JsonReader(utf8);
            request.ReadBody(ref reader, maxRows);
            for (var i = 0; i < model.Length; i++)
            {
                if (!request.Inputs.Has(i))
                    throw new BadInputException($"inputs.{model[i].Name}", $"Input {model[i].Name} ({model[i].Datatype} {ShapeText.Of(model[i].Shape)}) is missing.");
            }

            return request;
        }
        catch (InvalidOperationException broken)
        {
            request.Dispose();
            throw new JsonException("A string holds what is not Unicode text.", broken);
        }
        catch
        {
            request.Dispose();
            throw;
        }
    }

    public void Dispose() => Inputs.Dispose();

    private void ReadBody(ref Utf8JsonReader reader, int maxRows)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new BadInputException("body", "The body must be a JSON object with the member inputs.");

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("inputs"u8))
                ReadInputs(ref reader, maxRows);
            else if (reader.ValueTextEquals("outputs"u8))
                ReadOutputs(ref reader);
            else if (reader.ValueTextEquals("id"u8))
                Id = TextOf(ref reader, "id");
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

    private void ReadInputs(ref Utf8JsonReader reader, int maxRows)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new BadInputException("inputs", "inputs must be an array of tensors.");
        for (var index = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++)
            ReadTensor(ref reader, index, maxRows);
    }

    private void ReadTensor(ref Utf8JsonReader reader, int index, int maxRows)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new BadInputException($"inputs[{index}]", $"inputs[{index}] must be an object with name, shape, datatype and data.");

        string? name = null;
        string? datatype = null;
        long[]? shape = null;
        Utf8JsonReader data = default;
        var hasData = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("name"u8))
            {
                name = TextOf(ref reader, $"inputs[{index}].name");
            }
            else if (reader.ValueTextEquals("datatype"u8))
            {
                datatype = TextOf(ref reader, $"inputs[{index}].datatype");
            }
            else if (reader.ValueTextEquals("shape"u8))
            {
                shape = ReadShape(ref reader, $"inputs[{index}].shape");
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

        if (name is null)
            throw new BadInputException($"inputs[{index}].name", $"inputs[{index}] has no name.");
        Fill(name, datatype, shape, hasData, ref data, reader.TokenStartIndex, maxRows);
    }

    private void Fill(string name, string? datatype, long[]? shape, bool hasData, ref Utf8JsonReader data, long endOfTensor, int maxRows)
    {
        var at = IndexOf(name);
        if (at < 0)
            throw new BadInputException($"inputs.{name}", $"The model has no input {name}; it has {string.Join(", ", Inputs.Inputs.Select(known => known.Name))}.");

        var input = Inputs.Inputs[at];
        if (Inputs.Has(at))
            throw new BadInputException($"inputs.{name}", $"Input {name} is given twice.");
        if (!string.Equals(datatype, input.Datatype, StringComparison.Ordinal))
            throw new BadInputException($"inputs.{name}.datatype", $"Input {name}: expected datatype {input.Datatype}, got {datatype ?? "none"}.");
        if (!Datatype.HasJsonForm(input.Type))
            throw new BadInputException($"inputs.{name}.datatype", $"Input {name} is {input.Datatype}, which has no JSON form.");
        if (shape is null || !input.Takes(shape))
            throw new BadInputException($"inputs.{name}.shape", $"Input {name}: expected shape {ShapeText.Of(input.Shape)}, got {(shape is null ? "none" : ShapeText.Of(shape))}.");
        if (!hasData || data.TokenType != JsonTokenType.StartArray)
            throw new BadInputException($"inputs.{name}.data", $"Input {name}: data must be an array.");
        if (shape.Length > 0 && shape[0] > maxRows)
            throw new BadInputException($"inputs.{name}.shape", $"Input {name}: {shape[0]} rows; this endpoint takes {maxRows} in one request.", StatusCodes.Status413PayloadTooLarge);

        // An element takes two bytes at least, so a shape that the text cannot fill is refused before any memory is taken.
        var elements = ShapeText.Elements(shape);
        if (elements > (UInt128)((endOfTensor - data.TokenStartIndex) / 2 + 1))
            throw new BadInputException($"inputs.{name}.data", $"Input {name}: shape {ShapeText.Of(shape)} asks for {elements} elements, data holds fewer.");
        if (elements == 0)
            throw new BadInputException($"inputs.{name}.shape", $"Input {name}: shape {ShapeText.Of(shape)} holds no element; send one row at least.");

        var filled = ElementReader.Fill(ref data, Inputs.Allocate(at, shape), input.Type, 0, (int)elements, shape, $"inputs.{name}.data");
        if (filled != (int)elements)
            throw new BadInputException($"inputs.{name}.data", $"Input {name}: shape {ShapeText.Of(shape)} asks for {elements} elements, data holds {filled}.");
    }

    private int IndexOf(string name)
    {
        for (var i = 0; i < Inputs.Inputs.Length; i++)
        {
            if (string.Equals(Inputs.Inputs[i].Name, name, StringComparison.Ordinal))
                return i;
        }

        return -1;
    }

    private static long[] ReadShape(ref Utf8JsonReader reader, string field)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new BadInputException(field, $"{field} must be an array of sizes.");

        var sizes = new List<long>(4);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var size) || size < 0 || sizes.Count == 32)
                throw new BadInputException(field, $"{field} must be an array of at most 32 sizes, each 0 or more.");
            sizes.Add(size);
        }

        return [.. sizes];
    }

    private void ReadOutputs(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new BadInputException("outputs", "outputs must be an array of objects with a name.");

        Outputs = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
                throw new BadInputException("outputs", "outputs must be an array of objects with a name.");
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("name"u8))
                    Outputs.Add(TextOf(ref reader, "outputs.name"));
                else
                    reader.Skip();
            }
        }

        if (Outputs.Count == 0)
            Outputs = null;
    }

    private void ReadParameters(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new BadInputException("parameters", "parameters must be an object.");

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (reader.TokenType == JsonTokenType.String && name == "assignment_key")
                AssignmentKey = reader.GetString();
            else if (reader.TokenType == JsonTokenType.String && name.StartsWith("entity.", StringComparison.Ordinal))
                (Entities ??= new(StringComparer.Ordinal))[name["entity.".Length..]] = reader.GetString()!;
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
