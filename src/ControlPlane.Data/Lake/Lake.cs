using Microsoft.Extensions.Logging;
using Serving.Contracts.Predictions;

namespace ControlPlane.Data.Lake;

/// <summary>What to list: requests of one endpoint between two times, newest first.</summary>
/// <param name="Limit">1 to 1 000.</param>
public sealed record LakeQuery(string Environment, string Endpoint, DateTimeOffset From, DateTimeOffset To, int Limit, string? Release = null, int? Status = null);

/// <summary>Answers from the prediction log. Thread-safe; bounded in memory and in concurrency.</summary>
public sealed class Lake(string root, LakeLimits limits, TimeProvider time, ILogger<Lake> logger) : IDisposable
{
    private readonly LakeHours _hours = new(Path.GetFullPath(root));
    private readonly DuckReader _reader = new(Path.GetFullPath(root), limits, logger);

    /// <summary>Segments that were found unreadable since the process started.</summary>
    public int DamagedSegments => _reader.Damaged;

    /// <returns>All rows of one request in the order of the rows; empty: it is not in the log (yet).</returns>
    public async Task<IReadOnlyList<LakeRow>> FindAsync(string requestId, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        if (TimeOf(requestId) is { } made && await FindBetweenAsync(requestId, made.AddHours(-1), made.AddHours(1), cancel) is { Count: > 0 } found)
            return found;

        return await FindBetweenAsync(requestId, now - limits.OldestSearched, now.AddHours(1), cancel);
    }

    /// <returns>One row for each request: its first.</returns>
    public async Task<IReadOnlyList<LakeRow>> ListAsync(LakeQuery query, CancellationToken cancel)
    {
        var conditions = new List<string> { "\"row\" = 0", "\"at\" >= $from", "\"at\" <= $to" };
        var parameters = new List<(string, object)> { ("from", Microseconds(query.From)), ("to", Microseconds(query.To)) };
        if (query.Release is { } release)
        {
            conditions.Add("\"release\" = $release");
            parameters.Add(("release", release));
        }

        if (query.Status is { } status)
        {
            conditions.Add("\"status\" = $status");
            parameters.Add(("status", status));
        }

        var found = new List<LakeRow>();
        foreach (var hour in _hours.Between(SegmentName.Predictions, query.Environment, query.Endpoint, query.From, query.To))
        {
            foreach (var files in hour.Chunk(limits.FilesAtOnce))
                found.AddRange(await _reader.ReadAsync(files, $"WHERE {string.Join(" AND ", conditions)} ORDER BY \"at\" DESC LIMIT {query.Limit}", parameters, cancel));
            // Hours come newest first, so what older ones hold comes after all that was found.
            if (found.Count >= query.Limit)
                break;
        }

        return [.. found.OrderByDescending(row => row.Instant("at")).Take(query.Limit)];
    }

    /// <summary>The segments that hold rows of a request, wherever they lie within the days that are searched.</summary>
    internal async Task<IReadOnlyList<string>> FilesWithAsync(string requestId, CancellationToken cancel)
    {
        var found = new List<string>();
        var now = time.GetUtcNow();
        foreach (var hour in _hours.Between(SegmentName.Predictions, environment: null, endpoint: null, now - limits.OldestSearched, now.AddHours(1)))
        {
            foreach (var file in hour)
            {
                if ((await _reader.ReadAsync([file], "WHERE \"request_id\" = $id LIMIT 1", [("id", requestId)], cancel)).Count > 0)
                    found.Add(file);
            }
        }

        return found;
    }

    internal Task CopyWithoutAsync(string file, string into, string requestId, CancellationToken cancel) => _reader.CopyWithoutAsync(file, into, requestId, cancel);

    public void Dispose() => _reader.Dispose();

    private async Task<IReadOnlyList<LakeRow>> FindBetweenAsync(string requestId, DateTimeOffset from, DateTimeOffset to, CancellationToken cancel)
    {
        foreach (var hour in _hours.Between(SegmentName.Predictions, environment: null, endpoint: null, from, to))
        {
            foreach (var files in hour.Chunk(limits.FilesAtOnce))
            {
                var rows = await _reader.ReadAsync(files, "WHERE \"request_id\" = $id ORDER BY \"row\" LIMIT 10000", [("id", requestId)], cancel);
                if (rows.Count > 0)
                    return rows;
            }
        }

        return [];
    }

    // As nodes write the column.
    private static long Microseconds(DateTimeOffset at) => (at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <remarks>Ids made by a node are UUIDv7 (D12): their first 48 bits are Unix milliseconds.</remarks>
    private static DateTimeOffset? TimeOf(string requestId) =>
        Guid.TryParse(requestId, out var id) && id.Version == 7
            ? DateTimeOffset.FromUnixTimeMilliseconds(Convert.ToInt64(id.ToString("N")[..12], 16))
            : null;
}
