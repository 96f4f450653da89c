using System.Text.Json;
using Serving.Node.Tensors;

namespace Serving.Node.Receive;

/// <summary>
/// Reads a request of the native prediction API against the inputs of one model: names are tensors, a value is one row without the batch dimension.
/// </summary>
internal ref struct NativeRequest
{
    private readonly Exchange _exchange;
    private readonly TensorBuffer[] _tensors;
    private readonly TensorInput[] _model;
    private readonly int _maxRows;
    private readonly int _length;
    private int _rows;
    private bool _hasInputs;

    private NativeRequest(Exchange exchange, int length, int maxRows)
    {
        _length = length;
        _exchange = exchange;
        _tensors = exchange.Call.Inputs;
        _model = exchange.Call.Model.Inputs;
        _maxRows = maxRows;
    }

    /// <param name="exchange">Its call's inputs and its entities are set.</param>
    /// <exception cref="JsonException">The body is no JSON object, or nested deeper than 64 levels.</exception>
    /// <exception cref="BadInputException">A value does not fit the model.</exception>
    public static void Read(ReadOnlySpan<byte> utf8, Exchange exchange, int maxRows)
    {
        var reader = new Utf8JsonReader(utf8);
        var request = new NativeRequest(exchange, utf8.Length, maxRows);
        try
        {
            request.ReadBody(ref reader);
        }
        catch (InvalidOperationException broken)
        {
            throw new JsonException("A string holds what is not Unicode text.", broken);
        }
    }

    private void ReadBody(ref Utf8JsonReader reader)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new BadInputException("body", "The body must be a JSON object with the member inputs or rows.");

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("inputs"u8))
            {
                if (_rows > 0)
                    throw new BadInputException("rows", "A request has either inputs or rows.");
                if (_hasInputs)
                    throw new BadInputException("inputs", "inputs is given twice.");
                _hasInputs = true;
                FillRow(ref reader, 0, 1, inRows: false);
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
                ReadRows(ref reader);
            }
            else
            {
                var name = reader.GetString();
                throw new BadInputException(name!, $"Unknown member {name}; a request has entities, inputs, context or rows.");
            }
        }

        // What follows the object is malformed, not ignored.
        while (reader.Read())
        {
        }

        if (_rows == 0 && !_hasInputs)
            throw new BadInputException("inputs", "The member inputs is missing.");
    }

    private void ReadRows(ref Utf8JsonReader reader)
    {
        if (_hasInputs)
            throw new BadInputException("rows", "A request has either inputs or rows.");
        if (_rows > 0)
            throw new BadInputException("rows", "rows is given twice.");
        reader.Read();
        _rows = CountItems(reader);
        if (_rows == 0)
            throw new BadInputException("rows", "rows is empty; send one row at least.");
        if (_rows > _maxRows)
            throw new BadInputException("rows", $"{_rows} rows; this endpoint takes {_maxRows} in one request.", StatusCodes.Status413PayloadTooLarge);
        for (var row = 0; reader.Read() && reader.TokenType == JsonTokenType.StartObject; row++)
            FillRowObject(ref reader, row);
    }

    /// <summary>Takes the reader by value: filling starts from the same place.</summary>
    private static int CountItems(Utf8JsonReader reader)
    {
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

    private readonly void ReadEntities(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new BadInputException("entities", "entities must be an object of ids by entity type.");

        var entities = _exchange.Entities ??= new(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var type = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
                throw new BadInputException($"entities.{type}", $"entities.{type} must be a string.");
            entities[type] = reader.GetString()!;
        }
    }

    private readonly void FillRowObject(ref Utf8JsonReader reader, int row)
    {
        var hasInputs = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("inputs"u8))
            {
                hasInputs = true;
                FillRow(ref reader, row, _rows, inRows: true);
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

    private readonly void FillRow(ref Utf8JsonReader reader, int row, int rows, bool inRows)
    {
        reader.Read();
        var at = inRows ? row : -1;
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new BadInputException(new FieldPath("inputs", Row: at).ToString(), $"{new FieldPath("inputs", Row: at)} must be an object of values by input name.");

        Span<bool> given = _model.Length <= 512 ? stackalloc bool[_model.Length] : new bool[_model.Length];
        var next = 0;
        var count = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var index = IndexOf(ref reader, next, at);
            next = index + 1;
            var field = new FieldPath("inputs.", _model[index].Name, Row: at);
            if (given[index])
                throw new BadInputException(field.ToString(), $"{field} is given twice.");
            given[index] = true;
            count++;
            reader.Read();
            FillValue(ref reader, index, row, rows, field);
        }

        if (count < _model.Length)
            throw Missing(given.IndexOf(false), at);
    }

    private readonly BadInputException Missing(int index, int row)
    {
        var field = new FieldPath("inputs.", _model[index].Name, Row: row);
        return new BadInputException(field.ToString(), $"{field} ({_model[index].Datatype} {ShapeText.Of(_model[index].Shape)}) is missing.");
    }

    /// <param name="next">Where it most likely is: callers name inputs in the model's order.</param>
    private readonly int IndexOf(ref Utf8JsonReader reader, int next, int row)
    {
        if (next < _model.Length && reader.ValueTextEquals(_model[next].Utf8Name))
            return next;
        for (var i = 0; i < _model.Length; i++)
        {
            if (reader.ValueTextEquals(_model[i].Utf8Name))
                return i;
        }

        var field = new FieldPath("inputs.", reader.GetString()!, Row: row);
        throw new BadInputException(field.ToString(), $"The model has no input {field.Name}; it has {string.Join(", ", _model.Select(known => known.Name))}.");
    }

    private readonly void FillValue(ref Utf8JsonReader reader, int index, int row, int rows, in FieldPath field)
    {
        var input = _model[index];
        if (!input.HasJsonForm)
            throw new BadInputException(field.ToString(), $"{field} is {input.Datatype}, which has no JSON form.");

        var tensor = _tensors[index];
        var depth = RowShape.Depth(reader);
        if (!tensor.IsSet)
            Allocate(reader, index, rows, depth, field);
        var perRow = tensor.Count / rows;
        var shape = tensor.Shape;
        var filled = ElementReader.Fill(ref reader, tensor, row * perRow, perRow, depth == shape.Length ? shape : shape[Math.Min(1, shape.Length)..], field);
        if (filled != perRow)
            throw WrongCount(input, field, filled, perRow, rows);
    }

    private static BadInputException WrongCount(TensorInput input, in FieldPath field, int filled, int perRow, int rows) => rows == 1
        ? new BadInputException(field.ToString(), $"{field}: expected one row of shape {ShapeText.Of(input.Shape.AsSpan(1))}, which is {perRow} elements, got {filled}.")
        : new BadInputException(field.ToString(), $"{field} holds {filled} elements, expected {perRow}: rows of one request have the same shape.");

    /// <summary>The first row says how long the variable dimensions are.</summary>
    private readonly void Allocate(Utf8JsonReader first, int index, int rows, int depth, in FieldPath field)
    {
        var input = _model[index];
        var rank = input.Shape.Length;
        Span<long> given = stackalloc long[ShapeText.MostDimensions];
        var isRow = depth == rank - 1 || (depth == 0 && input.RowElements == 1);
        if (isRow && rank > 0 && rank <= given.Length && input.RowElements > 0 && (input.Shape[0] < 0 || input.Shape[0] == rows) && (long)rows * input.RowElements <= _length)
        {
            // Only the rows are variable, so nothing needs to be measured: a value that is too short or too long shows when it is read.
            input.Shape.CopyTo(given);
            given[0] = rows;
            _tensors[index].Reshape(given[..rank]);
            return;
        }

        Measure(first, index, rows, field);
    }

    private readonly void Measure(Utf8JsonReader first, int index, int rows, in FieldPath field)
    {
        var input = _model[index];
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
            throw new BadInputException(field.ToString(), $"{field}: expected {expected}{batch}, got {ShapeText.Of(row)} in {rows} row{(rows == 1 ? "" : "s")}.");
        }

        var elements = ShapeText.Elements(shape);
        if (elements == 0)
            throw new BadInputException(field.ToString(), $"{field} holds no element.");
        // An element takes a byte at least: nothing is allocated for rows that the text cannot hold.
        if (elements > (UInt128)_length)
            throw new BadInputException(field.ToString(), $"{field}: {rows} rows of {elements / (UInt128)rows} elements are more than the body holds: rows of one request have the same shape.");
        _tensors[index].Reshape(shape);
    }
}
