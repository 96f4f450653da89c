using System.Runtime.CompilerServices;

namespace ControlPlane.Data.Artifacts;

/// <summary>
/// A folder: <c>blobs/ab/abcd…</c> by hash and <c>parts/NAME.part</c>, on one file system, so that a rename is atomic.
/// </summary>
public sealed class FileArtifactStore : IArtifactStore
{
    private const int Buffer = 128 * 1024;
    private const string PartSuffix = ".part";

    private readonly string _blobs;
    private readonly string _parts;
    private readonly TimeProvider _time;

    public FileArtifactStore(string root, TimeProvider time)
    {
        _blobs = Path.Combine(root, "blobs");
        _parts = Path.Combine(root, "parts");
        _time = time;
        Directory.CreateDirectory(_blobs);
        Directory.CreateDirectory(_parts);
    }

    public Task<Stream> WritePartAsync(string part, long offset, CancellationToken cancel)
    {
        var path = PartPath(part);
        FileStream file;
        try
        {
            file = new FileStream(path, offset == 0 ? FileMode.OpenOrCreate : FileMode.Open, FileAccess.Write, FileShare.Read, Buffer, FileOptions.Asynchronous);
        }
        catch (IOException) when (File.Exists(path))
        {
            throw new PartOffsetException(new FileInfo(path).Length);
        }
        catch (FileNotFoundException)
        {
            throw new PartOffsetException(0);
        }

        if (file.Length != offset)
        {
            var length = file.Length;
            file.Dispose();
            throw new PartOffsetException(length);
        }

        file.Seek(offset, SeekOrigin.Begin);
        return Task.FromResult<Stream>(file);
    }

    public Task<long?> PartLengthAsync(string part, CancellationToken cancel)
    {
        var file = new FileInfo(PartPath(part));
        return Task.FromResult(file.Exists ? file.Length : (long?)null);
    }

    public Task<Stream> ReadPartAsync(string part, CancellationToken cancel) => Task.FromResult<Stream>(Open(PartPath(part)));

    public Task KeepAsync(string part, string sha256, CancellationToken cancel)
    {
        var from = PartPath(part);
        var to = BlobPath(sha256);
        if (File.Exists(to))
        {
            File.Delete(from);
            // It is as good as new: the clean-up goes by this time, and whoever keeps it now has no row yet.
            File.SetLastWriteTimeUtc(to, _time.GetUtcNow().UtcDateTime);
            return Task.CompletedTask;
        }

        using (var file = new FileStream(from, FileMode.Open, FileAccess.ReadWrite))
            file.Flush(flushToDisk: true);
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        File.Move(from, to, overwrite: true);
        return Task.CompletedTask;
    }

    public Task DropPartAsync(string part, CancellationToken cancel)
    {
        File.Delete(PartPath(part));
        return Task.CompletedTask;
    }

    public Task<Stream?> ReadAsync(string sha256, CancellationToken cancel)
    {
        var path = BlobPath(sha256);
        return Task.FromResult<Stream?>(File.Exists(path) ? Open(path) : null);
    }

    public Task DeleteAsync(string sha256, DateTimeOffset before, CancellationToken cancel)
    {
        var path = BlobPath(sha256);
        if (File.GetLastWriteTimeUtc(path) < before.UtcDateTime)
            File.Delete(path);
        return Task.CompletedTask;
    }

    public async IAsyncEnumerable<string> ListAsync(DateTimeOffset before, [EnumeratorCancellation] CancellationToken cancel)
    {
        await Task.CompletedTask;
        foreach (var path in Directory.EnumerateFiles(_blobs, "*", SearchOption.AllDirectories))
        {
            cancel.ThrowIfCancellationRequested();
            if (File.GetLastWriteTimeUtc(path) < before.UtcDateTime)
                yield return Path.GetFileName(path);
        }
    }

    public Task<int> SweepPartsAsync(DateTimeOffset before, CancellationToken cancel)
    {
        var old = Directory.EnumerateFiles(_parts).Where(path => File.GetLastWriteTimeUtc(path) < before.UtcDateTime).ToList();
        old.ForEach(File.Delete);
        return Task.FromResult(old.Count);
    }

    public string? LocalPath(string sha256) => BlobPath(sha256) is var path && File.Exists(path) ? path : null;

    public long? FreeBytes() => new DriveInfo(_blobs).AvailableFreeSpace;

    private static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, Buffer, FileOptions.Asynchronous);

    private string BlobPath(string sha256) => IsHash(sha256)
        ? Path.Combine(_blobs, sha256[..2], sha256)
        : throw new ArgumentException("64 lower-case hex digits are expected.", nameof(sha256));

    private string PartPath(string part) => part.Length is > 0 and <= 64 && part.All(char.IsAsciiLetterOrDigit)
        ? Path.Combine(_parts, part + PartSuffix)
        : throw new ArgumentException("Letters and digits are expected.", nameof(part));

    private static bool IsHash(string text) => text.Length == 64 && text.All(char.IsAsciiHexDigitLower);
}
