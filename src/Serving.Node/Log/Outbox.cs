using System.Diagnostics.CodeAnalysis;
using Serving.Contracts.Predictions;

namespace Serving.Node.Log;

/// <summary>Finished segments that the control plane does not have yet: a bounded folder, the oldest go first when it is full.</summary>
internal sealed class Outbox(string folder, long mostBytes)
{
    private const string Unfinished = ".part";

    /// <summary>Writes a segment so that it is there whole or not at all.</summary>
    /// <exception cref="IOException">The disk is full or gone.</exception>
    public async Task PutAsync(SegmentName name, Func<Stream, Task> write)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, name.ToString());
        try
        {
            await using (var file = new FileStream(path + Unfinished, FileMode.Create, FileAccess.ReadWrite))
            {
                await write(file);
                file.Flush(flushToDisk: true);
            }

            File.Move(path + Unfinished, path, overwrite: true);
        }
        catch (IOException)
        {
            File.Delete(path + Unfinished);
            throw;
        }
    }

    /// <summary>Newest first: after a long outage a prediction of this minute is found at once, those before it one by one.</summary>
    public IReadOnlyList<OutboxSegment> List() => Directory.Exists(folder)
        ? [.. new DirectoryInfo(folder).GetFiles("*.parquet")
            .Select(file => TryParse(file, out var segment) ? segment : null).OfType<OutboxSegment>()
            .OrderByDescending(segment => segment.Written).ThenByDescending(segment => segment.Name.File, StringComparer.Ordinal)]
        : [];

    /// <returns>Segments removed to make room, oldest first.</returns>
    public int Trim()
    {
        long total = 0;
        var removed = 0;
        foreach (var segment in List())
        {
            total += segment.Bytes;
            if (total <= mostBytes)
                continue;
            File.Delete(segment.Path);
            removed++;
        }

        return removed;
    }

    private static bool TryParse(FileInfo file, [NotNullWhen(true)] out OutboxSegment? segment)
    {
        segment = SegmentName.TryParse(file.Name, out var name) ? new OutboxSegment(file.FullName, name, file.Length, file.LastWriteTimeUtc) : null;
        return segment is not null;
    }
}

internal sealed record OutboxSegment(string Path, SegmentName Name, long Bytes, DateTime Written);
