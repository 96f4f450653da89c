using System.IO.Compression;
using ControlPlane.Domain.Primitives;
using Serving.Contracts.Models;

namespace ControlPlane.Web.Features.Registry;

/// <summary>Takes a zip apart: regular files without folders, few, each once, of bounded size whatever the archive claims.</summary>
internal static class BundleReader
{
    private const int MostEntries = 64;
    private const int MostRatio = 200;

    /// <summary>Below this size a high ratio harms nobody.</summary>
    private const long RatioMatters = 1 << 20;

    private const int FileTypeMask = 0xF000;
    private const int RegularFile = 0x8000;

    /// <returns>Its files as parts; what was extracted is the caller's to drop, refused or not.</returns>
    public static async Task<Outcome<Done>> ReadAsync(Stream zip, PartWriter writer, long most, List<ReceivedFile> files, CancellationToken cancel)
    {
        try
        {
            using var archive = new ZipArchive(zip, ZipArchiveMode.Read, leaveOpen: true);
            if (CheckNames(archive) is { } refusal)
                return refusal;

            var left = most;
            foreach (var entry in archive.Entries)
            {
                var limit = Math.Min(left, Math.Max(RatioMatters, entry.CompressedLength * MostRatio));
                await using var from = await entry.OpenAsync(cancel);
                var file = await writer.WriteAsync(entry.FullName, from, Math.Min(limit, entry.Length), cancel);
                if (!file.TryGet(out var received, out refusal))
                    return refusal.Code == "TooLarge" ? Bomb(entry.FullName) : refusal;
                files.Add(received);
                left -= received.Size;
                if (received.Size != entry.Length)
                    return Unsafe("ArchiveBroken", $"{FileNames.ToShow(entry.FullName)} does not have the size that the archive states.", "Zip the files again.");
            }

            return default(Done);
        }
        catch (InvalidDataException broken)
        {
            return Unsafe("ArchiveBroken", $"The archive cannot be read: {broken.Message}", "Zip the files again without encryption, and check that the upload was not cut off.");
        }
    }

    private static Refusal? CheckNames(ZipArchive archive)
    {
        if (archive.Entries.Count is 0 or > MostEntries)
            return Unsafe("TooManyEntries", $"The archive holds {archive.Entries.Count} files; 1 to {MostEntries} are allowed.", "Zip only the model, its external data, and what describes it.");

        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var entry in archive.Entries)
        {
            var name = FileNames.ToShow(entry.FullName);
            var type = (entry.ExternalAttributes >> 16) & FileTypeMask;
            if (!FileNames.IsSafe(entry.FullName))
                return Unsafe("UnsafeEntryName", $"The archive holds a file whose name is a path or not allowed: '{name}'.", "Zip the files themselves, without their folder: cd into it, then zip bundle.zip *.");
            if (type is not (0 or RegularFile) || entry.IsEncrypted)
                return Unsafe("UnsafeEntry", $"'{name}' is a link, a device or encrypted.", "Only plain files are allowed.");
            if (!seen.Add(entry.FullName))
                return Unsafe("DuplicateEntry", $"'{name}' is in the archive twice.", "Zip the files again.");
            if (entry.Length > RatioMatters && entry.Length > entry.CompressedLength * MostRatio)
                return Bomb(entry.FullName);
        }

        return null;
    }

    private static Refusal Bomb(string name) =>
        Unsafe("ZipBomb", $"'{FileNames.ToShow(name)}' unpacks to more than {MostRatio} times its size, or to more than an upload may have.", "Upload the .onnx file itself, or zip it without such compression.");

    private static Refusal Unsafe(string code, string message, string remedy) => UploadRefusals.Of(code, new ModelCheck(ModelChecks.Archive, ModelCheck.Failed, message, remedy));
}
