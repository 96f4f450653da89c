using System.Globalization;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;
using Parquet;
using Parquet.Schema;
using Serving.Node.Tensors;

namespace Serving.Node.Protocols.MLflow;

/// <summary>Reads tables in CSV and Parquet.</summary>
internal static class MlflowTables
{
    private const int MostColumns = 10_000;

    /// <param name="most">Rows; one more is read at most, so that it shows that there are more.</param>
    /// <exception cref="BadInputException">It is no CSV with a head line, or no UTF-8.</exception>
    public static MlflowFrame ReadCsv(ReadOnlyMemory<byte> bytes, int most)
    {
        var rows = new List<IReadOnlyList<object?>>();
        try
        {
            using var text = new StringReader(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes.Span));
            using var parser = new CsvParser(text, new CsvConfiguration(CultureInfo.InvariantCulture) { MaxFieldSize = bytes.Length + 1 });
            if (!parser.Read())
                throw new BadInputException("body", "The CSV is empty; its first line names the columns.");
            var columns = parser.Record!;
            while (rows.Count <= most && parser.Read())
                rows.Add([.. parser.Record!.Select(field => new CsvText(field))]);
            return new MlflowFrame(columns, rows);
        }
        catch (Exception broken) when (broken is CsvHelperException or DecoderFallbackException)
        {
            throw new BadInputException("body", $"The body is no CSV in UTF-8: {broken.Message.Split('\n')[0]}");
        }
    }

    /// <exception cref="BadInputException">It is no Parquet file, or one with columns that are not flat.</exception>
    public static async Task<MlflowFrame> ReadParquetAsync(ReadOnlyMemory<byte> bytes, int most, CancellationToken cancel)
    {
        try
        {
            using var stream = new MemoryStream(bytes.ToArray(), writable: false);
            await using var reader = await ParquetReader.CreateAsync(stream, cancellationToken: cancel);
            var fields = FlatFields(reader.Schema);
            var rows = new List<object?[]>();
            for (var group = 0; group < reader.RowGroupCount && rows.Count <= most; group++)
            {
                using var opened = reader.OpenRowGroupReader(group);
                await ReadGroupAsync(opened, fields, rows, most, cancel);
            }

            return new MlflowFrame([.. fields.Select(field => field.Name)], rows);
        }
        catch (Exception broken) when (broken is not (BadInputException or OperationCanceledException or OutOfMemoryException))
        {
            // A library that reads a format this rich fails in many ways on bytes that are not of it.
            throw new BadInputException("body", $"The body is no Parquet file that can be read: {broken.Message}");
        }
    }

    private static DataField[] FlatFields(ParquetSchema schema)
    {
        // Pandas keeps the index of a table as a column of its own.
        DataField[] fields = [.. schema.GetDataFields().Where(field => !field.Name.StartsWith("__index_level_", StringComparison.Ordinal))];
        if (fields.Length is 0 or > MostColumns)
            throw new BadInputException("body", $"The table has {fields.Length} columns; 1 to {MostColumns} can be read.");
        foreach (var field in fields)
        {
            if (field.MaxRepetitionLevel > 0 || field.Path.Length > 1)
                throw new BadInputException(field.Name, $"Column {field.Name} is not flat; lists and structures cannot be read.");
        }

        return fields;
    }

    private static async Task ReadGroupAsync(ParquetRowGroupReader group, DataField[] fields, List<object?[]> rows, int most, CancellationToken cancel)
    {
        var count = group.RowCount;
        if (rows.Count + count > most)
            throw new BadInputException("body", $"{rows.Count + count} rows; this endpoint takes {most} in one request.", StatusCodes.Status413PayloadTooLarge);
        var first = rows.Count;
        for (var row = 0; row < count; row++)
            rows.Add(new object?[fields.Length]);
        for (var column = 0; column < fields.Length; column++)
        {
            var values = await ParquetColumn.ReadAsync(group, fields[column], (int)count, cancel);
            for (var row = 0; row < count; row++)
                rows[first + row][column] = values[row];
        }
    }
}
