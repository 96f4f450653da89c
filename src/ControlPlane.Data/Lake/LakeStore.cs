using System.Buffers;
using System.Security.Cryptography;
using Serving.Contracts.Predictions;

namespace ControlPlane.Data.Lake;

/// <summary>Keeps the segments of the log lake as files below one folder. Thread-safe.</summary>
public sealed class LakeStore(string root, LakeLimits limits)
{
    private const int BufferSize = 128 << 10;

    private static readonly byte[] _magic = "PAR1"u8.ToArray();

    public string Root { get; } = Path.GetFullPath(root);

    /// <summary>Streams a segment to disk and hashes it on the way; nobody sees it before it is whole.</summary>
    /// <param name="sha256">What the sender says its SHA-256 is: 64 lower-case hex digits.</param>
    public async Task<SegmentOutcome> StoreAsync(string kind, string environment, SegmentName name, Stream body, string sha256, CancellationToken cancel)
    {
        var final = Path.Combine(Root, name.PathIn(kind, environment).Replace('/', Path.DirectorySeparatorChar));
        if (File.Exists(final))
            return await HashOfAsync(final, cancel) == sha256 ? SegmentOutcome.AlreadyThere : SegmentOutcome.NameTaken;

        Directory.CreateDirectory(Path.GetDirectoryName(final)!);
        var part = $"{final}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6))}.part";
        try
        {
            var outcome = await ReceiveAsync(body, part, sha256, cancel);
            return outcome == SegmentOutcome.Stored ? await PublishAsync(part, final, sha256, cancel) : outcome;
        }
        finally
        {
            File.Delete(part);
        }
    }

    private async Task<SegmentOutcome> ReceiveAsync(Stream body, string part, string sha256, CancellationToken cancel)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await using var file = new FileStream(part, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.Asynchronous);
            int read;
            while ((read = await body.ReadAsync(buffer.AsMemory(0, BufferSize), cancel)) > 0)
            {
                if (file.Length + read > limits.LongestSegment)
                    return SegmentOutcome.TooLarge;
                hash.AppendData(buffer, 0, read);
                await file.WriteAsync(buffer.AsMemory(0, read), cancel);
            }

            if (Convert.ToHexStringLower(hash.GetHashAndReset()) != sha256)
                return SegmentOutcome.DigestMismatch;
            if (!await IsParquetAsync(file, cancel))
                return SegmentOutcome.NotParquet;

            file.Flush(flushToDisk: true);
            return SegmentOutcome.Stored;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task<SegmentOutcome> PublishAsync(string part, string final, string sha256, CancellationToken cancel)
    {
        try
        {
            File.Move(part, final, overwrite: false);
            return SegmentOutcome.Stored;
        }
        catch (IOException) when (File.Exists(final))
        {
            // The same segment was sent twice at once.
            return await HashOfAsync(final, cancel) == sha256 ? SegmentOutcome.AlreadyThere : SegmentOutcome.NameTaken;
        }
    }

    private static async Task<bool> IsParquetAsync(FileStream file, CancellationToken cancel)
    {
        if (file.Length < 2 * _magic.Length + sizeof(int))
            return false;

        var mark = new byte[_magic.Length];
        file.Position = 0;
        await file.ReadExactlyAsync(mark, cancel);
        var begins = mark.AsSpan().SequenceEqual(_magic);
        file.Position = file.Length - mark.Length;
        await file.ReadExactlyAsync(mark, cancel);
        return begins && mark.AsSpan().SequenceEqual(_magic);
    }

    private static async Task<string> HashOfAsync(string path, CancellationToken cancel)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, BufferSize, FileOptions.Asynchronous | FileOptions.SequentialScan);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancel));
    }
}
