using System.Text.Json;
using Serving.Node.Predict;
using Serving.Node.Tensors;

namespace Serving.Node.Protocols.MLflow;

/// <summary>Reads the four JSON forms of MLflow's scoring server: two of tables, two of tensors.</summary>
internal static class MlflowRequest
{
    private const string Forms = "dataframe_split, dataframe_records, instances, inputs";
    private const ValueForms Values = ValueForms.NonFinite | ValueForms.Base64;

    /// <returns>Whether a table came, as the answer then is.</returns>
    /// <exception cref="JsonException">The body is malformed.</exception>
    /// <exception cref="BadInputException">The body is none of the forms, or a value does not fit the model.</exception>
    public static bool Read(ReadOnlyMemory<byte> body, ModelCall call, int maxRows)
    {
        using var document = JsonDocument.Parse(NonFiniteTokens.Quoted(body));
        try
        {
            return Read(document, call, maxRows);
        }
        catch (InvalidOperationException broken)
        {
            throw new JsonException("A string holds what is not Unicode text.", broken);
        }
    }

    public static void FillFrame(MlflowFrame frame, ModelCall call, int maxRows)
    {
        var columns = frame.ToColumns(call.Model.Inputs, maxRows);
        var reader = new Utf8JsonReader(columns.Span);
        reader.Read();
        new RowReader(call, columns.Length, "rows", "", Values).FillColumns(ref reader, maxRows);
    }

    private static bool Read(JsonDocument document, ModelCall call, int maxRows)
    {
        var (form, value) = FormOf(document.RootElement);
        switch (form)
        {
            case "dataframe_split":
                FillFrame(Split(value), call, maxRows);
                return true;
            case "dataframe_records":
                FillFrame(Records(value), call, maxRows);
                return true;
            default:
                FillTensors(form, value, call, maxRows);
                return false;
        }
    }

    private static (string Form, JsonElement Value) FormOf(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw new BadInputException("body", $"The body must be a JSON object with exactly one of {Forms}.");

        (string Form, JsonElement Value)? found = null;
        foreach (var member in root.EnumerateObject())
        {
            if (member.Name == "params")
            {
                if (member.Value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Null))
                    throw new BadInputException("params", "params must be an object.");
                continue;
            }

            if (member.Name is not ("dataframe_split" or "dataframe_records" or "instances" or "inputs"))
                throw new BadInputException(member.Name, $"Unknown member {member.Name}; a body has exactly one of {Forms}, and params.");
            if (found is not null)
                throw new BadInputException(member.Name, $"Both {found.Value.Form} and {member.Name} are there; a body has exactly one of {Forms}.");
            found = (member.Name, member.Value);
        }

        return found ?? throw new BadInputException("body", $"The body must have exactly one of {Forms}.");
    }

    private static MlflowFrame Split(JsonElement split)
    {
        if (split.ValueKind != JsonValueKind.Object)
            throw new BadInputException("dataframe_split", "dataframe_split must be an object with columns, index and data.");
        foreach (var member in split.EnumerateObject())
        {
            if (member.Name is not ("columns" or "index" or "data"))
                throw new BadInputException($"dataframe_split.{member.Name}", $"dataframe_split has columns, index and data; {member.Name} is none of them.");
        }

        if (!split.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Array)
            throw new BadInputException("dataframe_split.data", "dataframe_split.data must be a list of rows.");
        IReadOnlyList<string>? columns = null;
        if (split.TryGetProperty("columns", out var names) && names.ValueKind != JsonValueKind.Null)
            columns = names.ValueKind == JsonValueKind.Array ? [.. names.EnumerateArray().Select(name => name.ToString())] : throw new BadInputException("dataframe_split.columns", "dataframe_split.columns must be a list of names.");
        var rows = new List<IReadOnlyList<object?>>();
        foreach (var row in data.EnumerateArray())
        {
            if (row.ValueKind != JsonValueKind.Array)
                throw new BadInputException($"dataframe_split.data[{rows.Count}]", $"dataframe_split.data[{rows.Count}] must be a list of values.");
            rows.Add([.. row.EnumerateArray().Select(cell => (object?)cell)]);
        }

        return new MlflowFrame(columns, rows);
    }

    /// <summary>The columns are all that any record names, in the order met; what a record lacks is missing.</summary>
    private static MlflowFrame Records(JsonElement records)
    {
        if (records.ValueKind != JsonValueKind.Array)
            throw new BadInputException("dataframe_records", "dataframe_records must be a list of objects.");

        var columns = new Dictionary<string, int>(StringComparer.Ordinal);
        var rows = new List<List<object?>>();
        foreach (var record in records.EnumerateArray())
        {
            if (record.ValueKind != JsonValueKind.Object)
                throw new BadInputException($"dataframe_records[{rows.Count}]", $"dataframe_records[{rows.Count}] must be an object of values by column.");
            var row = new List<object?>(columns.Count);
            foreach (var member in record.EnumerateObject())
            {
                if (!columns.TryGetValue(member.Name, out var column))
                    columns.Add(member.Name, column = columns.Count);
                while (row.Count <= column)
                    row.Add(null);
                row[column] = member.Value;
            }

            rows.Add(row);
        }

        if ((long)columns.Count * rows.Count > 16 << 20)
            throw new BadInputException("dataframe_records", $"{rows.Count} records name {columns.Count} columns together, more values than can be read.", StatusCodes.Status413PayloadTooLarge);
        foreach (var row in rows)
        {
            while (row.Count < columns.Count)
                row.Add(null);
        }

        return new MlflowFrame([.. columns.Keys], rows);
    }

    private static void FillTensors(string form, JsonElement value, ModelCall call, int maxRows)
    {
        var utf8 = JsonSerializer.SerializeToUtf8Bytes(value, MlflowJson.Default.JsonElement);
        var reader = new Utf8JsonReader(utf8);
        reader.Read();
        var rows = new RowReader(call, utf8.Length, form, $"{form}.", Values);
        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0 && value[0].ValueKind == JsonValueKind.Object && !value[0].TryGetProperty("b64", out _))
        {
            new RowReader(call, utf8.Length, form, "", Values).FillRows(ref reader, maxRows);
            return;
        }

        if (value.ValueKind == JsonValueKind.Object && form == "inputs")
        {
            rows.FillColumns(ref reader, maxRows);
            return;
        }

        if (form == "instances" && value.ValueKind != JsonValueKind.Array)
            throw new BadInputException(form, "instances must be a list, one item a row.");
        if (call.Model.Inputs.Length != 1)
            throw new BadInputException(form, $"{form}: values without a name need a model with one input; this one has {string.Join(", ", call.Model.Inputs.Select(input => input.Name))}.");
        rows.FillWhole(ref reader, 0, maxRows, form);
    }
}
