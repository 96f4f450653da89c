using System.Buffers.Binary;
using System.Globalization;
using Serving.Node.Log.Segments;

namespace Serving.Node.Log;

/// <summary>
/// Chunks of records on disk that are not in a segment yet, one after the other, in a file named by its number.
/// What it is sealed into bears the same number, so sealing it a second time after a crash makes the same segments, not more. Not thread-safe.
/// </summary>
internal sealed class Spool(string folder, long number)
{
    private const string Extension = ".spool";
    private const int LongestRecord = 64 << 20;

    private FileStream? _file;

    public long Number => number;

    public long Length => _file?.Length ?? 0;

    /// <summary>Rows that this process appended, or tried to.</summary>
    public long Rows { get; private set; }

    private string FilePath => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{number}{Extension}"));

    /// <summary>What earlier processes left behind, oldest first.</summary>
    public static IReadOnlyList<Spool> Leftovers(string folder) => Directory.Exists(folder)
        ? [.. Directory.GetFiles(folder, "*" + Extension)
            .Select(path => long.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var found) ? found : -1)
            .Where(found => found >= 0).Order().Select(found => new Spool(folder, found))]
        : [];

    /// <exception cref="IOException">The disk is full or gone.</exception>
    public void Append(LogChunk chunk)
    {
        Rows += chunk.Rows;
        if (_file is null)
        {
            Directory.CreateDirectory(folder);
            _file = new FileStream(FilePath, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, 64 << 10);
        }

        _file.Write(chunk.Bytes);
    }

    public void Flush() => _file?.Flush();

    /// <summary>Its rows by endpoint and hour; a torn last frame is left out. To be flushed before.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public IReadOnlyList<((string Endpoint, DateTime Hour) Of, SegmentColumns Rows)> ReadAll()
    {
        using var reader = new SpoolReader();
        using var file = new FileStream(FilePath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 256 << 10);
        var length = new byte[sizeof(int)];
        var buffer = new byte[4096];
        while (file.ReadAtLeast(length, length.Length, throwOnEndOfStream: false) == length.Length)
        {
            var size = BinaryPrimitives.ReadInt32LittleEndian(length);
            if (size is <= 0 or > LongestRecord)
                break;
            if (buffer.Length < size)
                buffer = new byte[size * 2L > LongestRecord ? size : size * 2];
            if (file.ReadAtLeast(buffer.AsSpan(0, size), size, throwOnEndOfStream: false) < size || !reader.Read(buffer.AsSpan(0, size)))
                break;
        }

        return reader.Segments;
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
}
