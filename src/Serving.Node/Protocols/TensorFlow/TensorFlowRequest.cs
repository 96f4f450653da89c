using System.Text.Json;
using Serving.Node.Receive;
using Serving.Node.Tensors;

namespace Serving.Node.Protocols.TensorFlow;

/// <summary>Reads the body of a predict request against the inputs of one model.</summary>
internal static class TensorFlowRequest
{
    private const ValueForms Forms = ValueForms.NonFinite | ValueForms.Base64;

    /// <returns>Whether the inputs came in columns, as the answer then does.</returns>
    /// <exception cref="JsonException">The body is malformed.</exception>
    /// <exception cref="BadInputException">The body is not of the protocol, or a value does not fit the model.</exception>
    public static bool Read(ReadOnlySpan<byte> utf8, Exchange exchange, int maxRows)
    {
        var reader = new Utf8JsonReader(utf8);
        try
        {
            return Read(ref reader, exchange, utf8.Length, maxRows);
        }
        catch (InvalidOperationException broken)
        {
            throw new JsonException("A string holds what is not Unicode text.", broken);
        }
    }

    private static bool Read(ref Utf8JsonReader reader, Exchange exchange, int length, int maxRows)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new BadInputException("body", "The body must be a JSON object with instances or inputs.");

        bool? inColumns = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("signature_name"u8))
            {
                CheckSignature(ref reader);
                continue;
            }

            var areRows = reader.ValueTextEquals("instances"u8);
            if (!areRows && !reader.ValueTextEquals("inputs"u8))
            {
                reader.Skip();
                continue;
            }

            if (inColumns is not null)
                throw new BadInputException("inputs", "A request has either instances or inputs, once.");
            inColumns = !areRows;
            reader.Read();
            if (areRows)
                ReadRows(ref reader, exchange, length, maxRows);
            else
                ReadColumns(ref reader, exchange, length, maxRows);
        }

        // What follows the object is malformed, not ignored.
        while (reader.Read())
        {
        }

        return inColumns ?? throw new BadInputException("instances", "The member instances (rows) or inputs (columns) is missing.");
    }

    private static void CheckSignature(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.String || !(reader.ValueTextEquals("serving_default"u8) || reader.ValueTextEquals(""u8)))
            throw new BadInputException("signature_name", "signature_name must be serving_default, the only signature of an ONNX model, or absent.");
    }

    private static void ReadRows(ref Utf8JsonReader reader, Exchange exchange, int length, int maxRows)
    {
        var rows = new RowReader(exchange.Call, length, "instances", "", Forms);
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new BadInputException("instances", "instances must be a list, one item a row.");
        var first = reader;
        first.Read();
        if (first.TokenType == JsonTokenType.EndArray)
            throw new BadInputException("instances", "instances is empty; send one row at least.");
        if (first.TokenType == JsonTokenType.StartObject && !IsBase64(first))
        {
            rows.FillRows(ref reader, maxRows);
            return;
        }

        OnlyInput(exchange, "instances");
        rows.FillWhole(ref reader, 0, maxRows, "instances");
    }

    private static void ReadColumns(ref Utf8JsonReader reader, Exchange exchange, int length, int maxRows)
    {
        var columns = new RowReader(exchange.Call, length, "inputs", "inputs.", Forms);
        if (reader.TokenType == JsonTokenType.StartObject && !IsBase64(reader))
        {
            columns.FillColumns(ref reader, maxRows);
            return;
        }

        OnlyInput(exchange, "inputs");
        columns.FillWhole(ref reader, 0, maxRows, "inputs");
    }

    private static void OnlyInput(Exchange exchange, string field)
    {
        var inputs = exchange.Call.Model.Inputs;
        if (inputs.Length != 1)
            throw new BadInputException(field, $"{field}: values without a name need a model with one input; this one has {string.Join(", ", inputs.Select(input => input.Name))}.");
    }

    /// <summary>Whether an object is a text in base 64; taken by value, so the caller's reader stays.</summary>
    private static bool IsBase64(Utf8JsonReader reader) =>
        reader.Read() && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("b64"u8) && reader.Read() && reader.TokenType == JsonTokenType.String;
}
