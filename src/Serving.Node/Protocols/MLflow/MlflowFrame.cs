using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime.Tensors;
using Serving.Node.Tensors;

namespace Serving.Node.Protocols.MLflow;

/// <summary>
/// A table of rows, from whichever of the forms it came. A model with one input takes all columns, in their order, as its row — or the only column of
/// that input's name; a model with several takes each by name.
/// </summary>
/// <param name="Columns">Null: they have no names.</param>
/// <param name="Rows">Cells: null, a <see cref="JsonElement"/>, the text of a CSV field (<see cref="CsvText"/>), or a value of .NET.</param>
internal sealed record MlflowFrame(IReadOnlyList<string>? Columns, IReadOnlyList<IReadOnlyList<object?>> Rows)
{
    /// <summary>The whole table as a JSON object of columns, one a model input.</summary>
    /// <exception cref="BadInputException">A column is missing, a row has another length than the others, or a cell is empty where it may not be.</exception>
    public ReadOnlyMemory<byte> ToColumns(TensorInput[] inputs, int maxRows)
    {
        if (Rows.Count == 0)
            throw new BadInputException("body", "There is no row; send one at least.");
        if (Rows.Count > maxRows)
            throw new BadInputException("body", $"{Rows.Count} rows; this endpoint takes {maxRows} in one request.", StatusCodes.Status413PayloadTooLarge);
        var width = Columns?.Count ?? Rows[0].Count;
        for (var row = 0; row < Rows.Count; row++)
        {
            if (Rows[row].Count != width)
                throw new BadInputException($"rows[{row}]", $"Row {row} has {Rows[row].Count} values, expected {width}.");
        }

        var written = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(written, new JsonWriterOptions { SkipValidation = true }))
        {
            json.WriteStartObject();
            foreach (var (index, input) in inputs.Index())
            {
                json.WritePropertyName(input.Name);
                if (inputs.Length == 1 && !(Columns is [var only] && only == input.Name) && width > 1)
                    WriteMatrix(json, input);
                else
                    WriteColumn(json, input, ColumnOf(input, index, inputs.Length));
            }

            json.WriteEndObject();
        }

        return written.WrittenMemory;
    }

    private int ColumnOf(TensorInput input, int index, int inputs)
    {
        if (inputs == 1)
            return 0;
        if (Columns is null)
            return Rows[0].Count == inputs ? index : throw new BadInputException("columns", $"Without names there must be one column for each of the {inputs} inputs, got {Rows[0].Count}.");
        for (var column = 0; column < Columns.Count; column++)
        {
            if (Columns[column] == input.Name)
                return column;
        }

        throw new BadInputException(input.Name, $"Column {input.Name} ({input.Datatype}) is missing; got {string.Join(", ", Columns)}.");
    }

    private void WriteMatrix(Utf8JsonWriter json, TensorInput input)
    {
        json.WriteStartArray();
        for (var row = 0; row < Rows.Count; row++)
        {
            json.WriteStartArray();
            for (var column = 0; column < Rows[row].Count; column++)
                WriteCell(json, input, row, column);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private void WriteColumn(Utf8JsonWriter json, TensorInput input, int column)
    {
        json.WriteStartArray();
        for (var row = 0; row < Rows.Count; row++)
            WriteCell(json, input, row, column);
        json.WriteEndArray();
    }

    private void WriteCell(Utf8JsonWriter json, TensorInput input, int row, int column)
    {
        switch (Rows[row][column])
        {
            case null or JsonElement { ValueKind: JsonValueKind.Null } or CsvText { Text: "" } when input.Type is TensorElementType.Float or TensorElementType.Double:
                json.WriteStringValue("NaN"u8);
                break;
            case CsvText text:
                WriteText(json, input.Type, text.Text);
                break;
            case JsonElement value when value.ValueKind != JsonValueKind.Null:
                value.WriteTo(json);
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case byte[] bytes:
                json.WriteStartObject();
                json.WriteBase64String("b64"u8, bytes);
                json.WriteEndObject();
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case IFormattable number when number is float or double or sbyte or short or int or long or byte or ushort or uint or ulong or decimal:
                WriteText(json, input.Type == TensorElementType.String ? TensorElementType.Double : input.Type, number.ToString(null, CultureInfo.InvariantCulture));
                break;
            default:
                var name = Columns?[column] ?? column.ToString(CultureInfo.InvariantCulture);
                throw new BadInputException(name, $"Row {row}, column {name}: {(Rows[row][column] is null or JsonElement ? "a value is missing" : "this kind of value has no place in a tensor")}; the model takes {input.Datatype}.");
        }
    }

    private static void WriteText(Utf8JsonWriter json, TensorElementType type, string text)
    {
        if (type == TensorElementType.Bool && bool.TryParse(text, out var flag))
            json.WriteBooleanValue(flag);
        else if (type is not (TensorElementType.Bool or TensorElementType.String) && Int128.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
            json.WriteRawValue(whole.ToString(CultureInfo.InvariantCulture), skipInputValidation: true);
        else if (type is TensorElementType.Float or TensorElementType.Double && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
            json.WriteRawValue(number.ToString("R", CultureInfo.InvariantCulture), skipInputValidation: true);
        else
            json.WriteStringValue(text);
    }
}

/// <summary>A field of a CSV row: what it is follows from the input it is for.</summary>
internal sealed record CsvText(string Text);
