using System.Buffers.Binary;
using ControlPlane.Domain.Primitives;
using Serving.Contracts.Models;

namespace ControlPlane.Web.Features.Registry;

/// <summary>
/// Whether an archive says the same of itself in all places. Readers differ in which place they believe: what one of them checked, another may not have
/// seen. Field positions: PKWARE APPNOTE 4.3.
/// </summary>
internal static class ZipLayout
{
    private const int EndLength = 22;
    private const int CentralLength = 46;
    private const int LocalLength = 30;
    private const uint EndMark = 0x06054b50;
    private const uint CentralMark = 0x02014b50;
    private const uint LocalMark = 0x04034b50;
    private const int MostEntries = 64;

    /// <summary>Entries and names are few and short, or the archive is refused before this is read.</summary>
    private const int LongestDirectory = 1 << 20;

    /// <returns>Null where all is as it should be; the stream is at its beginning again.</returns>
    public static async Task<Refusal?> CheckAsync(Stream zip, long length, CancellationToken cancel)
    {
        var defect = await DefectAsync(zip, length, cancel);
        zip.Position = 0;
        return defect is null ? null : UploadRefusals.Of(
            defect.Value.Code,
            new ModelCheck(ModelChecks.Archive, ModelCheck.Failed, defect.Value.Message, "Zip the files again with a common tool, without comment and without anything before or after the archive."));
    }

    private static async Task<(string Code, string Message)?> DefectAsync(Stream zip, long length, CancellationToken cancel)
    {
        if (length < EndLength)
            return ("ArchiveBroken", "The archive ends before its directory.");
        var end = await ReadAsync(zip, length - EndLength, EndLength, cancel);
        if (BinaryPrimitives.ReadUInt32LittleEndian(end) != EndMark)
            return ("TrailingData", "Something follows the archive, or its directory is missing.");
        var count = BinaryPrimitives.ReadUInt16LittleEndian(end.AsSpan(10));
        long size = BinaryPrimitives.ReadUInt32LittleEndian(end.AsSpan(12));
        long begin = BinaryPrimitives.ReadUInt32LittleEndian(end.AsSpan(16));
        if (count == ushort.MaxValue || size == uint.MaxValue || begin == uint.MaxValue)
            return null;        // Zip64, for files beyond 4 GiB; the reader's own limits hold there.
        if (count > MostEntries)
            return ("TooManyEntries", $"The archive holds {count} files; 1 to {MostEntries} are allowed.");
        if (size > LongestDirectory || begin + size != length - EndLength)
            return ("ArchiveBroken", "The archive's directory does not lie where the archive says.");
        return await EntriesAsync(zip, await ReadAsync(zip, begin, (int)size, cancel), begin, cancel);
    }

    private static async Task<(string Code, string Message)?> EntriesAsync(Stream zip, byte[] directory, long begin, CancellationToken cancel)
    {
        var places = new List<(long From, long To)>();
        for (var at = 0; at < directory.Length;)
        {
            if (directory.Length - at < CentralLength || BinaryPrimitives.ReadUInt32LittleEndian(directory.AsSpan(at)) != CentralMark)
                return ("ArchiveBroken", "The archive's directory is damaged.");
            var entry = directory.AsMemory(at);
            int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(entry.Span[28..]);
            at += CentralLength + nameLength + BinaryPrimitives.ReadUInt16LittleEndian(entry.Span[30..]) + BinaryPrimitives.ReadUInt16LittleEndian(entry.Span[32..]);
            long compressed = BinaryPrimitives.ReadUInt32LittleEndian(entry.Span[20..]);
            long from = BinaryPrimitives.ReadUInt32LittleEndian(entry.Span[42..]);
            if (at > directory.Length || from + LocalLength + nameLength > begin)
                return ("ArchiveBroken", "The archive's directory points outside the archive.");
            if (compressed == uint.MaxValue || from == uint.MaxValue)
                return null;
            var local = await ReadAsync(zip, from, LocalLength + nameLength, cancel);
            if (BinaryPrimitives.ReadUInt32LittleEndian(local) != LocalMark
                || BinaryPrimitives.ReadUInt16LittleEndian(local.AsSpan(26)) != nameLength
                || !local.AsSpan(LocalLength).SequenceEqual(entry.Span.Slice(CentralLength, nameLength)))
            {
                return ("NamesDiffer", "A file has one name in the archive's directory and another where it lies.");
            }

            places.Add((from, from + LocalLength + nameLength + BinaryPrimitives.ReadUInt16LittleEndian(local.AsSpan(28)) + compressed));
        }

        return Overlap(places, begin);
    }

    private static (string Code, string Message)? Overlap(List<(long From, long To)> places, long begin)
    {
        places.Sort();
        if (places.Count > 0 && (places[0].From != 0 || places[^1].To > begin))
            return ("ArchiveBroken", "Something lies before the first file, or the last one is longer than the archive.");
        for (var i = 1; i < places.Count; i++)
        {
            if (places[i].From < places[i - 1].To)
                return ("ZipBomb", "Files of the archive overlap: the same bytes would be unpacked again and again.");
        }

        return null;
    }

    private static async Task<byte[]> ReadAsync(Stream zip, long at, int length, CancellationToken cancel)
    {
        var bytes = new byte[length];
        zip.Position = at;
        await zip.ReadExactlyAsync(bytes, cancel);
        return bytes;
    }
}
