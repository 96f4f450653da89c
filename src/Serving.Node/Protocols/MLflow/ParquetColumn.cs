using Parquet;
using Parquet.Schema;
using Serving.Node.Tensors;

namespace Serving.Node.Protocols.MLflow;

/// <summary>One flat column of a row group as values of .NET.</summary>
internal static class ParquetColumn
{
    /// <exception cref="BadInputException">The type of the column has no place in a tensor.</exception>
    public static Task<object?[]> ReadAsync(ParquetRowGroupReader group, DataField field, int rows, CancellationToken cancel) => field.ClrType switch
    {
        var type when type == typeof(float) => NumbersAsync<float>(group, field, rows, cancel),
        var type when type == typeof(double) => NumbersAsync<double>(group, field, rows, cancel),
        var type when type == typeof(long) => NumbersAsync<long>(group, field, rows, cancel),
        var type when type == typeof(int) => NumbersAsync<int>(group, field, rows, cancel),
        var type when type == typeof(short) => NumbersAsync<short>(group, field, rows, cancel),
        var type when type == typeof(sbyte) => NumbersAsync<sbyte>(group, field, rows, cancel),
        var type when type == typeof(ulong) => NumbersAsync<ulong>(group, field, rows, cancel),
        var type when type == typeof(uint) => NumbersAsync<uint>(group, field, rows, cancel),
        var type when type == typeof(ushort) => NumbersAsync<ushort>(group, field, rows, cancel),
        var type when type == typeof(byte) => NumbersAsync<byte>(group, field, rows, cancel),
        var type when type == typeof(bool) => NumbersAsync<bool>(group, field, rows, cancel),
        var type when type == typeof(decimal) => NumbersAsync<decimal>(group, field, rows, cancel),
        var type when type == typeof(string) || type == typeof(ReadOnlyMemory<char>) => TextsAsync(group, field, rows, cancel),
        _ => throw new BadInputException(field.Name, $"Column {field.Name} holds {field.ClrType.Name}, which has no place in a tensor."),
    };

    private static async Task<object?[]> NumbersAsync<T>(ParquetRowGroupReader group, DataField field, int rows, CancellationToken cancel)
        where T : struct
    {
        var boxed = new object?[rows];
        if (field.IsNullable)
        {
            var nullable = new T?[rows];
            await group.ReadAsync<T>(field, nullable.AsMemory(), cancellationToken: cancel);
            for (var row = 0; row < rows; row++)
                boxed[row] = nullable[row];
            return boxed;
        }

        var values = new T[rows];
        await group.ReadAsync<T>(field, values.AsMemory(), cancellationToken: cancel);
        for (var row = 0; row < rows; row++)
            boxed[row] = values[row];
        return boxed;
    }

    private static async Task<object?[]> TextsAsync(ParquetRowGroupReader group, DataField field, int rows, CancellationToken cancel)
    {
        var texts = new string?[rows];
        await group.ReadAsync(field, texts.AsMemory()!, cancellationToken: cancel);
        return [.. texts];
    }
}
