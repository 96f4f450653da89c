using System.Data.Common;
using DuckDB.NET.Data;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Data.Lake;

/// <summary>
/// Asks DuckDB about Parquet files of one folder. Each question has a database of its own in memory, with bounded memory, that can reach nothing
/// but that folder and load no extension. A file that cannot be read is left out, counted, and not tried again. Thread-safe.
/// </summary>
internal sealed partial class DuckReader(string root, LakeLimits limits, ILogger<Lake> logger) : IDisposable
{
    private const int MostDamagedRemembered = 10_000;

    private readonly SemaphoreSlim _readers = new(limits.Readers);
    private readonly HashSet<string> _damaged = [];

    /// <summary>Segments that were found unreadable since the process started.</summary>
    public int Damaged
    {
        get
        {
            lock (_damaged)
                return _damaged.Count;
        }
    }

    /// <param name="where">What follows the table: conditions and order, with <c>$name</c> parameters.</param>
    public async Task<IReadOnlyList<LakeRow>> ReadAsync(IReadOnlyList<string> files, string where, IReadOnlyList<(string Name, object Value)> parameters, CancellationToken cancel)
    {
        await _readers.WaitAsync(cancel);
        try
        {
            // DuckDB works on the calling thread.
            return await Task.Run(() => Read(Readable(files), where, parameters, cancel), cancel);
        }
        finally
        {
            _readers.Release();
        }
    }

    /// <summary>Writes the rows of a file that are not those of one request into another file below the same root.</summary>
    public async Task CopyWithoutAsync(string file, string into, string requestId, CancellationToken cancel)
    {
        await _readers.WaitAsync(cancel);
        try
        {
            await Task.Run(() => CopyWithout(file, into, requestId), cancel);
        }
        finally
        {
            _readers.Release();
        }
    }

    public void Dispose() => _readers.Dispose();

    private void CopyWithout(string file, string into, string requestId)
    {
        using var database = Open();
        Execute(database, $"COPY (SELECT * FROM read_parquet('{Literal(file)}', hive_partitioning=false) WHERE \"request_id\" IS DISTINCT FROM '{Literal(requestId)}') TO '{Literal(into)}' (FORMAT parquet)");
    }

    private List<LakeRow> Read(IReadOnlyList<string> files, string where, IReadOnlyList<(string Name, object Value)> parameters, CancellationToken cancel)
    {
        if (files.Count == 0)
            return [];

        using var database = Open();
        return ReadOrSplit(database, files, where, parameters, cancel);
    }

    private DuckDBConnection Open()
    {
        var database = new DuckDBConnection("DataSource=:memory:");
        database.Open();
        Execute(database, $"""
            SET autoinstall_known_extensions=false; SET autoload_known_extensions=false; SET TimeZone='UTC';
            SET threads=1; SET memory_limit='{limits.ReaderMemoryMb}MB'; SET temp_directory='';
            SET allowed_directories=['{Literal(root)}']; SET enable_external_access=false; SET lock_configuration=true;
            """);
        return database;
    }

    /// <remarks>One bad file fails the whole query without being named, so the list is halved until it stands alone.</remarks>
    private List<LakeRow> ReadOrSplit(DuckDBConnection database, IReadOnlyList<string> files, string where, IReadOnlyList<(string Name, object Value)> parameters, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        try
        {
            return Query(database, files, where, parameters, cancel);
        }
        catch (DuckDBException failure) when (!cancel.IsCancellationRequested && !failure.Message.StartsWith("Out of Memory", StringComparison.OrdinalIgnoreCase))
        {
            if (files.Count == 1)
            {
                Remember(files[0], failure.Message);
                return [];
            }

            var half = files.Count / 2;
            return [.. ReadOrSplit(database, [.. files.Take(half)], where, parameters, cancel), .. ReadOrSplit(database, [.. files.Skip(half)], where, parameters, cancel)];
        }
    }

    private static List<LakeRow> Query(DuckDBConnection database, IReadOnlyList<string> files, string where, IReadOnlyList<(string Name, object Value)> parameters, CancellationToken cancel)
    {
        using var command = database.CreateCommand();
        command.CommandText = $"SELECT * FROM read_parquet([{string.Join(',', files.Select(file => $"'{Literal(file)}'"))}], union_by_name=true, filename=true, hive_partitioning=false) {where}";
        foreach (var (name, value) in parameters)
            command.Parameters.Add(new DuckDBParameter(name, value));

        using var stop = cancel.Register(command.Cancel);
        using var reader = command.ExecuteReader();
        var rows = new List<LakeRow>();
        while (reader.Read())
            rows.Add(RowOf(reader));
        return rows;
    }

    private static LakeRow RowOf(DbDataReader reader)
    {
        var columns = new Dictionary<string, object?>(reader.FieldCount);
        for (var i = 0; i < reader.FieldCount; i++)
            columns[reader.GetName(i)] = reader.IsDBNull(i) ? null : reader.GetValue(i);
        columns.Remove("filename", out var file);

        var folders = file!.ToString()!.Split(Path.DirectorySeparatorChar);
        return new LakeRow(Part(folders, "env="), Part(folders, "endpoint="), columns);
    }

    private static string Part(string[] folders, string prefix) =>
        folders.Last(folder => folder.StartsWith(prefix, StringComparison.Ordinal))[prefix.Length..];

    private List<string> Readable(IReadOnlyList<string> files)
    {
        lock (_damaged)
            return [.. files.Where(file => !_damaged.Contains(file))];
    }

    private void Remember(string file, string why)
    {
        // Compaction may have taken it away between listing and reading.
        if (!File.Exists(file))
            return;

        lock (_damaged)
        {
            if (_damaged.Count >= MostDamagedRemembered || !_damaged.Add(file))
                return;
        }

        LogDamaged(Path.GetRelativePath(root, file), why);
    }

    private static void Execute(DuckDBConnection database, string sql)
    {
        using var command = database.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static string Literal(string text) => text.Replace("'", "''", StringComparison.Ordinal);

    [LoggerMessage(LogLevel.Warning, "Segment {Segment} of the log lake cannot be read and is left out: {Why}")]
    private partial void LogDamaged(string segment, string why);
}
