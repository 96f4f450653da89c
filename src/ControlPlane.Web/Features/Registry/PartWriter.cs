using System.Buffers;
using System.Security.Cryptography;
using ControlPlane.Data.Artifacts;
using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Hosting;
using Microsoft.Extensions.Options;
using Serving.Contracts;

namespace ControlPlane.Web.Features.Registry;

/// <summary>Streams bytes into parts and hashes them on the way; memory does not grow with their number.</summary>
internal sealed class PartWriter(IArtifactStore store, IOptions<ArtifactOptions> options, TimeProvider time)
{
    private const int Buffer = 128 * 1024;

    /// <summary>How often the free space is looked at.</summary>
    private const long LookEvery = 64L << 20;

    public string NewPart() => Guid.CreateVersion7(time.GetUtcNow()).ToString("N");

    /// <summary>Writes a whole file. What was written of a refused one is dropped.</summary>
    public async Task<Outcome<ReceivedFile>> WriteAsync(string name, Stream from, long most, CancellationToken cancel)
    {
        var part = NewPart();
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var written = await CopyAsync(from, part, 0, most, hash, cancel);
            if (written.TryGet(out var size, out var refusal))
                return new ReceivedFile(name, size, Convert.ToHexStringLower(hash.GetHashAndReset()), part);
            await store.DropPartAsync(part, CancellationToken.None);
            return refusal;
        }
        catch (Exception)
        {
            await store.DropPartAsync(part, CancellationToken.None);
            throw;
        }
    }

    /// <summary>Continues a part.</summary>
    /// <param name="most">Bytes that the part may have in all.</param>
    /// <returns>Bytes the part has now.</returns>
    public Task<Outcome<long>> AppendAsync(string part, long offset, Stream from, long most, CancellationToken cancel) => CopyAsync(from, part, offset, most, null, cancel);

    public async Task<string> HashAsync(string part, CancellationToken cancel)
    {
        await using var stream = await store.ReadPartAsync(part, cancel);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancel));
    }

    private async Task<Outcome<long>> CopyAsync(Stream from, string part, long offset, long most, IncrementalHash? hash, CancellationToken cancel)
    {
        await using var to = await store.WritePartAsync(part, offset, cancel);
        var buffer = ArrayPool<byte>.Shared.Rent(Buffer);
        try
        {
            var size = offset;
            var lookAt = size;
            int read;
            while ((read = await from.ReadAsync(buffer, cancel)) > 0)
            {
                size += read;
                if (size > most)
                    return new Refusal("TooLarge", $"The upload is larger than {most} bytes.", RefusalKind.TooLarge);
                if (size >= lookAt && store.FreeBytes() < options.Value.MinFreeBytes)
                    return new Refusal("StorageFull", $"Less than {options.Value.MinFreeBytes >> 20} MiB are free in the artifact store. Nothing was kept; free some space and repeat.", RefusalKind.StorageFull);
                lookAt = size >= lookAt ? size + LookEvery : lookAt;
                hash?.AppendData(buffer, 0, read);
                await to.WriteAsync(buffer.AsMemory(0, read), cancel);
            }

            await to.FlushAsync(cancel);
            FailPoint.Hit("upload.afterPart");
            return size;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
