using System.Buffers.Binary;
using System.Text.Json;

namespace Serving.Node.Log;

/// <summary>
/// Rows on disk that are not in a segment yet: length (4 bytes, little-endian) and JSON, one after the other. A torn last record is left out when read.
/// Not thread-safe.
/// </summary>
internal sealed class Spool(string path) : IDisposable
{
    private const int LongestRecord = 16 << 20;

    private FileStream? _file;

    public long Length => _file?.Length ?? 0;

    /// <exception cref="IOException">The disk is full or gone.</exception>
    public void Append(LogRow row)
    {
        _file ??= new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read, 64 << 10);
        var json = JsonSerializer.SerializeToUtf8Bytes(row, LogJson.Default.LogRow);
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, json.Length);
        _file.Write(length);
        _file.Write(json);
    }

    public void Flush() => _file?.Flush();

    /// <summary>Forgets everything: it is in a segment now.</summary>
    public void Clear()
    {
        _file?.Dispose();
        _file = null;
        File.Delete(path);
    }

    /// <summary>What an earlier process left behind.</summary>
    public IReadOnlyList<LogRow> ReadAll()
    {
        if (!File.Exists(path))
            return [];

        var rows = new List<LogRow>();
        using var file = File.OpenRead(path);
        var length = new byte[sizeof(int)];
        while (file.ReadAtLeast(length, length.Length, throwOnEndOfStream: false) == length.Length)
        {
            var size = BinaryPrimitives.ReadInt32LittleEndian(length);
            if (size is <= 0 or > LongestRecord)
                break;
            var record = new byte[size];
            if (file.ReadAtLeast(record, size, throwOnEndOfStream: false) < size || Parse(record) is not { } row)
                break;
            rows.Add(row);
        }

        return rows;
    }

    public void Dispose() => _file?.Dispose();

    private static LogRow? Parse(byte[] record)
    {
        try
        {
            return JsonSerializer.Deserialize(record, LogJson.Default.LogRow);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
