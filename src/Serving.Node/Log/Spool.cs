using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;

namespace Serving.Node.Log;

/// <summary>
/// Rows on disk that are not in a segment yet: length (4 bytes, little-endian) and JSON, one after the other, in a file named by its number.
/// What it is sealed into bears the same number, so sealing it a second time after a crash makes the same segments, not more. Not thread-safe.
/// </summary>
internal sealed class Spool(string folder, long number)
{
    private const string Extension = ".spool";
    private const int LongestRecord = 16 << 20;

    private FileStream? _file;

    public long Number => number;

    public long Length => _file?.Length ?? 0;

    private string FilePath => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{number}{Extension}"));

    /// <summary>What earlier processes left behind, oldest first.</summary>
    public static IReadOnlyList<Spool> Leftovers(string folder) => Directory.Exists(folder)
        ? [.. Directory.GetFiles(folder, "*" + Extension)
            .Select(path => long.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var found) ? found : -1)
            .Where(found => found >= 0).Order().Select(found => new Spool(folder, found))]
        : [];

    /// <exception cref="IOException">The disk is full or gone.</exception>
    public void Append(LogRow row)
    {
        if (_file is null)
        {
            Directory.CreateDirectory(folder);
            _file = new FileStream(FilePath, FileMode.Append, FileAccess.Write, FileShare.Read, 64 << 10);
        }

        var json = JsonSerializer.SerializeToUtf8Bytes(row, LogJson.Default.LogRow);
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, json.Length);
        _file.Write(length);
        _file.Write(json);
    }

    public void Flush() => _file?.Flush();

    /// <summary>Its rows; a torn last record is left out.</summary>
    public IReadOnlyList<LogRow> ReadAll()
    {
        var rows = new List<LogRow>();
        using var file = File.OpenRead(FilePath);
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

    /// <summary>Its rows are in a segment, or lost. Succeeds on a full disk as well: that is when the room is needed.</summary>
    public void Delete()
    {
        try
        {
            _file?.Dispose();
        }
        catch (IOException)
        {
            // What was still in the buffer does not fit; it is deleted now anyway.
        }

        _file = null;
        File.Delete(FilePath);
    }

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
