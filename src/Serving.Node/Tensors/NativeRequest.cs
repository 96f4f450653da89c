using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Serving.Node.Tensors;

/// <summary>
/// A request of the native prediction API, read against the inputs of one model: names are tensors, a value is one row without the batch dimension.
/// Owns its tensors.
/// </summary>
internal sealed class NativeRequest : IDisposable
{
    private NativeRequest(InputTensors inputs) => Inputs = inputs;

    public InputTensors Inputs { get; }

    /// <summary>Entity ids by type, of the request or of its first row.</summary>
    public Dictionary<string, string>? Entities { get; private set; }

    /// <exception cref="JsonException">The body is no JSON object, or nested deeper than 64 levels.</exception>
    /// <exception cref="BadInputException">A value does not fit the model.</exception>
    public static NativeRequest Read(ReadOnlySpan<byte> utf8, TensorInput[] model, int maxRows)
    {
        var request = new NativeRequest(new InputTensors(model));
        try
        {
            var reader = new Utf8JsonReader(utf8);
            var rows = request.CountRows(reader, maxRows);
            request.Fill(ref reader, Math.Max(rows, 1), rows > 0);
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

    /// <summary>Checks the outer form. Takes the reader by value: the second pass starts from the beginning again.</summary>
    /// <returns>Number of rows; 0: the body itself is the only row.</returns>
    private int CountRows(Utf8JsonReader reader, int maxRows)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new BadInputException("body", "The body must be a JSON object with the member inputs or rows.");

        var rows = -1;
        var hasInputs = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("inputs"u8))
            {
                hasInputs = true;
                reader.Skip();
            }
            else if (reader.ValueTextEquals("entities"u8))
            {
                ReadEntities(ref reader);
            }
            else if (reader.ValueTextEquals("context"u8))
            {
                reader.Skip();
            }
            else if (reader.ValueTextEquals("rows"u8))
            {
                rows = CountItems(ref reader);
            }
            else
            {
                var name = reader.GetString();
                throw new BadInputException(name!, $"Unknown member {name}; a request has entities, inputs, context or rows.");
            }
        }

        while (reader.Read())
        {
        }

        if (rows >= 0 && hasInputs)
            throw new BadInputException("rows", "A request has either inputs or rows.");
        if (rows < 0 && !hasInputs)
            throw new BadInputException("inputs", "The member inputs is missing.");
        if (rows == 0)
            throw new BadInputException("rows", "rows is empty; send one row at least.");
        if (rows > maxRows)
            throw new BadInputException("rows", $"{rows} rows; this endpoint takes {maxRows} in one request.", StatusCodes.Status413PayloadTooLarge);
        return Math.Max(rows, 0);
    }

    private static int CountItems(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new BadInputException("rows", "rows must be an array of objects.");

        var count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
                throw new BadInputException($"rows[{count}]", $"rows[{count}] must be an object.");
            reader.Skip();
            count++;
        }

        return count;
    }

    private void ReadEntities(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new BadInputException("entities", "entities must be an object of ids by entity type.");

        Entities ??= new(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var type = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
                throw new BadInputException($"entities.{type}", $"entities.{type} must be a string.");
            Entities[type] = reader.GetString()!;
        }
    }

    private void Fill(ref Utf8JsonReader reader, int rows, bool inRows)
    {
        reader.Read();
        var row = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!inRows && reader.ValueTextEquals("inputs"u8))
            {
                FillRow(ref reader, 0, rows, "inputs");
            }
            else if (inRows && reader.ValueTextEquals("rows"u8))
            {
                reader.Read();
                for (; reader.Read() && reader.TokenType == JsonTokenType.StartObject; row++)
                    FillRowObject(ref reader, row, rows);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private void FillRowObject(ref Utf8JsonReader reader, int row, int rows)
    {
        var hasInputs = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("inputs"u8))
            {
                hasInputs = true;
                FillRow(ref reader, row, rows, $"rows[{row}].inputs");
            }
            else if (row == 0 && reader.ValueTextEquals("entities"u8))
            {
                ReadEntities(ref reader);
            }
            else if (reader.ValueTextEquals("entities"u8) || reader.ValueTextEquals("context"u8))
            {
                reader.Skip();
            }
            else
            {
                var name = reader.GetString();
                throw new BadInputException($"rows[{row}].{name}", $"Unknown member {name} in rows[{row}]; a row has entities, inputs and context.");
            }
        }

        if (!hasInputs)
            throw new BadInputException($"rows[{row}].inputs", $"rows[{row}] has no inputs.");
    }

    private void FillRow(ref Utf8JsonReader reader, int row, int rows, string field)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new BadInputException(field, $"{field} must be an object of values by input name.");

        var model = Inputs.Inputs;
        Span<bool> given = model.Length <= 256 ? stackalloc bool[model.Length] : new bool[model.Length];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var at = IndexOf(ref reader, field);
            if (given[at])
                throw new BadInputException($"{field}.{model[at].Name}", $"{field}.{model[at].Name} is given twice.");
            given[at] = true;
            reader.Read();
            FillValue(ref reader, at, row, rows, $"{field}.{model[at].Name}");
        }

        for (var i = 0; i < model.Length; i++)
        {
            if (!given[i])
                throw new BadInputException($"{field}.{model[i].Name}", $"{field}.{model[i].Name} ({model[i].Datatype} {ShapeText.Of(model[i].Shape)}) is missing.");
        }
    }

    private int IndexOf(ref Utf8JsonReader reader, string field)
    {
        for (var i = 0; i < Inputs.Inputs.Length; i++)
        {
            if (reader.ValueTextEquals(Inputs.Inputs[i].Utf8Name))
                return i;
        }

        var name = reader.GetString();
        throw new BadInputException($"{field}.{name}", $"The model has no input {name}; it has {string.Join(", ", Inputs.Inputs.Select(known => known.Name))}.");
    }

    private void FillValue(ref Utf8JsonReader reader, int at, int row, int rows, string field)
    {
        var input = Inputs.Inputs[at];
        if (!Datatype.HasJsonForm(input.Type))
            throw new BadInputException(field, $"{field} is {input.Datatype}, which has no JSON form.");

        if (!Inputs.Has(at))
            Allocate(reader, at, rows, field);
        var tensor = Inputs.View(at);
        var perRow = (int)tensor.Elements / rows;
        var shape = tensor.Shape.AsSpan();
        var filled = ElementReader.Fill(ref reader, tensor.Value, input.Type, row * perRow, perRow, RowShape.Depth(reader) == shape.Length ? shape : shape[Math.Min(1, shape.Length)..], field);
        if (filled != perRow)
            throw new BadInputException(field, $"{field} holds {filled} elements, expected {perRow}: rows of one request have the same shape.");
    }

    /// <summary>The first row says how long the variable dimensions are.</summary>
    private void Allocate(Utf8JsonReader first, int at, int rows, string field)
    {
        var input = Inputs.Inputs[at];
        var row = RowShape.Measure(first, input.Shape.Length);
        // One number stands for a row of one, as models with a tensor a feature have them.
        if (row.Length == 0 && input.Shape.Length == 2)
            row = [1];
        // A value of the tensor's own rank is the whole tensor: the only way to give inputs without a batch dimension.
        long[] shape = rows == 1 && row.Length == input.Shape.Length ? row : [rows, .. row];
        // A bare number is a row of one element, however many dimensions of size 1 the model gives it.
        if (row.Length == 0 && !input.Takes(shape))
            shape = [rows, .. Enumerable.Repeat(1L, Math.Max(input.Shape.Length - 1, 0))];
        if (!input.Takes(shape))
        {
            var expected = input.Shape.Length == 0 ? "a scalar" : $"one row of shape {ShapeText.Of(input.Shape.AsSpan(1))}";
            var batch = input.Shape.Length > 0 && input.Shape[0] > 1 ? $" and {input.Shape[0]} rows a request" : "";
            throw new BadInputException(field, $"{field}: expected {expected}{batch}, got {ShapeText.Of(row)} in {rows} row{(rows == 1 ? "" : "s")}.");
        }

        if (ShapeText.Elements(shape) == 0)
            throw new BadInputException(field, $"{field} holds no element.");
        Inputs.Allocate(at, shape);
    }
}
