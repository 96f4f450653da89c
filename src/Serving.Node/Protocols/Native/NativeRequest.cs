using System.Text.Json;
using Serving.Node.Receive;
using Serving.Node.Tensors;

namespace Serving.Node.Protocols.Native;

/// <summary>
/// Reads a request of the native prediction API against the inputs of one model: names are tensors, a value is one row without the batch dimension.
/// </summary>
internal ref struct NativeRequest
{
    private readonly Exchange _exchange;
    private readonly RowReader _reader;
    private readonly int _maxRows;
    private int _rows;
    private bool _hasInputs;

    private NativeRequest(Exchange exchange, int length, int maxRows)
    {
        _exchange = exchange;
        _reader = new RowReader(exchange.Call, length, "rows", "inputs.");
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
                _reader.FillObject(ref reader, 0, 1, inRows: false);
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
                _reader.FillObject(ref reader, row, _rows, inRows: true);
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
}
