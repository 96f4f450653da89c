using System.Net;
using System.Security.Cryptography;
using Serving.Contracts;
using Serving.Contracts.Models;
using Serving.Contracts.Reports;
using Serving.Node.Hosting;

namespace Serving.Node.Versions;

/// <summary>
/// Artifacts on this node's disk, a folder for each digest. A file has its name only when it is whole and its hash is right; a download that was cut goes on where it stopped.
/// </summary>
internal sealed class ArtifactCache(ControlPlaneClient controlPlane, NodePaths paths, NodeOptions options, TimeProvider time)
{
    private const int Attempts = 6;
    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _longestLeft = TimeSpan.FromDays(1);

    /// <summary>Where a folder of whole files for this digest is, downloading what is missing.</summary>
    /// <exception cref="ReleaseRefusedException">The disk is too small, the hash is wrong, or it could not be downloaded.</exception>
    public async Task<string> EnsureAsync(string release, string digest, ArtifactManifest manifest, IReadOnlySet<string> pinned, CancellationToken cancel)
    {
        if (ArtifactDigest.Of(manifest) != digest)
            throw new ReleaseRefusedException(release, RejectionReasons.DigestMismatch, $"The manifest's digest is {ArtifactDigest.Of(manifest)}, the release names {digest}.");

        var folder = FolderOf(digest);
        foreach (var file in manifest.Files)
            await DropDamagedAsync(folder, file, cancel);
        if (IsWhole(folder, manifest))
            return folder;
        if (!controlPlane.IsConfigured)
            throw new ReleaseRefusedException(release, RejectionReasons.DownloadFailed, $"Artifact {digest} is not in {folder}.");

        Directory.CreateDirectory(folder);
        MakeRoom(release, folder, manifest, pinned);
        foreach (var file in manifest.Files)
        {
            if (!IsWhole(folder, file))
                await DownloadAsync(release, folder, file, cancel);
        }

        Durable.FlushFolder(folder);
        return folder;
    }

    /// <summary>Removes parts of downloads that nobody went on with for a day.</summary>
    public void Sweep()
    {
        if (!Directory.Exists(paths.Artifacts))
            return;
        try
        {
            foreach (var part in Directory.EnumerateFiles(paths.Artifacts, "*.part", SearchOption.AllDirectories))
            {
                if (time.GetUtcNow() - File.GetLastWriteTimeUtc(part) > _longestLeft)
                    File.Delete(part);
            }
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            // Room is made again when a download needs it.
        }
    }

    /// <summary>What was whole when it was written may have rotted since: nothing is loaded that was not hashed just before.</summary>
    private async Task DropDamagedAsync(string folder, ArtifactFile file, CancellationToken cancel)
    {
        if (IsWhole(folder, file) && await HashAsync(Path.Combine(folder, file.Path), cancel) != file.Sha256)
            File.Delete(Path.Combine(folder, file.Path));
    }

    /// <summary>Removes what nothing pins; done when a download needs the room.</summary>
    private void MakeRoom(string release, string folder, ArtifactManifest manifest, IReadOnlySet<string> pinned)
    {
        var needed = manifest.Files.Where(file => !IsWhole(folder, file)).Sum(file => file.Size - PartLength(folder, file)) + options.DiskReserve;
        if (Free() >= needed)
            return;

        var keep = pinned.Select(FolderOf).Append(folder).ToHashSet(StringComparer.Ordinal);
        foreach (var unpinned in Directory.GetDirectories(paths.Artifacts).Where(other => !keep.Contains(other)).OrderBy(Directory.GetLastWriteTimeUtc))
        {
            Directory.Delete(unpinned, recursive: true);
            if (Free() >= needed)
                return;
        }

        throw new ReleaseRefusedException(release, RejectionReasons.InsufficientDisk, $"The download needs {needed} bytes with the reserve of {options.DiskReserve}; {Free()} are free in {paths.Root}.");
    }

    private async Task DownloadAsync(string release, string folder, ArtifactFile file, CancellationToken cancel)
    {
        var target = Path.Combine(folder, file.Path);
        if (Path.GetDirectoryName(Path.GetFullPath(target)) != Path.GetFullPath(folder))
            throw new ReleaseRefusedException(release, RejectionReasons.MalformedState, $"The artifact names a file outside its folder: {file.Path}.");

        for (var attempt = 1; ; attempt++)
        {
            var had = PartLength(folder, file);
            try
            {
                await FetchAsync(target + ".part", file, cancel);
                if (await HashAsync(target + ".part", cancel) is var actual && actual == file.Sha256)
                    break;
                File.Delete(target + ".part");
                // Of a part from before a power loss the end may be missing from the disk: it gets one more chance.
                if (had == 0)
                    throw new ReleaseRefusedException(release, RejectionReasons.DigestMismatch, $"{file.Path}: expected SHA-256 {file.Sha256}, got {actual}. The stored artifact is damaged; upload the version again.");
            }
            catch (Exception cut) when (cut is HttpRequestException or IOException && attempt < Attempts && !IsFull(cut))
            {
                // The rest is asked for from where it was cut; what brings something may go on for as long as it does.
                attempt = PartLength(folder, file) > had ? 0 : attempt;
                await Task.Delay(Backoff.After(attempt, _longestPause), time, cancel);
            }
            catch (IOException full) when (IsFull(full))
            {
                File.Delete(target + ".part");
                throw new ReleaseRefusedException(release, RejectionReasons.InsufficientDisk, $"The disk took no more of {file.Path} ({file.Size} bytes); {Free()} bytes are free in {paths.Root}.");
            }
            catch (Exception failed) when (failed is HttpRequestException or IOException)
            {
                throw new ReleaseRefusedException(release, RejectionReasons.DownloadFailed, $"{file.Path} could not be downloaded in {Attempts} attempts: {failed.Message}");
            }
        }

        FailPoint.Hit("node.blob.beforeRename");
        File.Move(target + ".part", target, overwrite: true);
    }

    private async Task FetchAsync(string part, ArtifactFile file, CancellationToken cancel)
    {
        var have = File.Exists(part) ? new FileInfo(part).Length : 0;
        if (have > file.Size)
        {
            File.Delete(part);
            have = 0;
        }

        if (have == file.Size && file.Size > 0)
            return;

        using var stalled = new CancellationTokenSource(options.StallTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stalled.Token, cancel);
        try
        {
            using var answer = await controlPlane.GetBlobAsync(file.Sha256, have, either.Token);
            answer.EnsureSuccessStatusCode();
            var resumes = answer.StatusCode == HttpStatusCode.PartialContent;
            if (resumes && answer.Content.Headers.ContentRange?.From != have)
                throw new IOException($"Asked for the rest from byte {have}, the answer begins at {answer.Content.Headers.ContentRange?.From}.");
            await using var source = await answer.Content.ReadAsStreamAsync(either.Token);
            await using var into = new FileStream(part, resumes ? FileMode.Append : FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 16);
            await CopyAsync(source, into, file.Size, stalled, either.Token);
            if (into.Length < file.Size)
                throw new IOException($"The download ended after {into.Length} of {file.Size} bytes.");
        }
        catch (OperationCanceledException stall) when (!cancel.IsCancellationRequested)
        {
            throw new IOException($"No byte of {file.Path} came for {options.StallTimeout.TotalSeconds:0} s.", stall);
        }
    }

    private async Task CopyAsync(Stream source, FileStream into, long most, CancellationTokenSource stalled, CancellationToken cancel)
    {
        var buffer = new byte[1 << 16];
        while (await source.ReadAsync(buffer, cancel) is > 0 and var read)
        {
            if (into.Length + read > most)
                throw new IOException($"The download is longer than the {most} bytes its manifest says.");
            await into.WriteAsync(buffer.AsMemory(0, read), cancel);
            stalled.CancelAfter(options.StallTimeout);
            if (into.Length > most / 2)
                FailPoint.Hit("node.download.mid");
        }
    }

    /// <summary>On the disk first: what gets its name is whole also after a power loss.</summary>
    private static async Task<string> HashAsync(string part, CancellationToken cancel)
    {
        await using var whole = new FileStream(part, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, 1 << 16);
        whole.Flush(flushToDisk: true);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(whole, cancel));
    }

    private string FolderOf(string digest) =>
        Path.Combine(options.ArtifactDirectory.Length > 0 ? Path.GetFullPath(options.ArtifactDirectory) : paths.Artifacts, digest.Replace("sha256:", "", StringComparison.Ordinal));

    private static bool IsWhole(string folder, ArtifactManifest manifest) => manifest.Files.All(file => IsWhole(folder, file));

    private static bool IsWhole(string folder, ArtifactFile file) =>
        new FileInfo(Path.Combine(folder, file.Path)) is { Exists: true } found && found.Length == file.Size;

    private static long PartLength(string folder, ArtifactFile file) =>
        new FileInfo(Path.Combine(folder, file.Path + ".part")) is { Exists: true } part ? part.Length : 0;

    private long Free() => new DriveInfo(paths.Root).AvailableFreeSpace;

    private static bool IsFull(Exception failure)
    {
        const int NoSpaceLeft = 28;
        return failure is IOException && (failure.HResult & 0xFFFF) == NoSpaceLeft;
    }
}
