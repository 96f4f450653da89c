namespace ControlPlane.Data.Lake;

/// <summary>One logged row as it lies in the lake (D11), with the environment and endpoint its path names.</summary>
public sealed record LakeRow(string Environment, string Endpoint, IReadOnlyDictionary<string, object?> Columns)
{
    public string? Text(string column) => Columns.GetValueOrDefault(column)?.ToString();

    public long? Whole(string column) => Columns.GetValueOrDefault(column) is { } value ? Convert.ToInt64(value) : null;

    public double? Number(string column) => Columns.GetValueOrDefault(column) is { } value ? Convert.ToDouble(value) : null;

    /// <summary>A time, which the lake keeps in UTC.</summary>
    public DateTimeOffset? Instant(string column) => Columns.GetValueOrDefault(column) switch
    {
        DateTimeOffset at => at.ToUniversalTime(),
        DateTime at => new DateTimeOffset(DateTime.SpecifyKind(at, DateTimeKind.Utc)),
        long microseconds => DateTimeOffset.UnixEpoch.AddMicroseconds(microseconds),
        _ => null,
    };
}
