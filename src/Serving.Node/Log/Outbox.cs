using System.Globalization;

namespace Serving.Node.Log;

/// <summary>Finished segments that the control plane does not have yet: a bounded folder, the oldest go first when it is full.</summary>
internal sealed class Outbox(string folder, long mostBytes)
{
    private const char Separator = '~';

    public string Folder => folder;

    /// <summary>Opens a new segment's file; it counts once <see cref="Publish"/> was called.</summary>
    public string PathOf(string endpoint, DateTimeOffset hour, string name)
    {
        Directory.CreateDirectory(folder);
        return Path.Combine(folder, string.Create(CultureInfo.InvariantCulture,
            $"{endpoint}{Separator}{hour.UtcDateTime:yyyy-MM-dd}{Separator}{hour.UtcDateTime:HH}{Separator}{name}.parquet"));
    }

    /// <returns>Segments removed to make room.</returns>
    public int Trim()
    {
        if (!Directory.Exists(folder))
            return 0;

        var files = new DirectoryInfo(folder).GetFiles("*.parquet").OrderByDescending(file => file.Name.Split(Separator)[^1], StringComparer.Ordinal).ToList();
        long total = 0;
        var removed = 0;
        foreach (var file in files)
        {
            total += file.Length;
            if (total <= mostBytes)
                continue;
            file.Delete();
            removed++;
        }

        return removed;
    }

    public IReadOnlyList<OutboxSegment> List() => Directory.Exists(folder)
        ? [.. Directory.GetFiles(folder, "*.parquet").Order(StringComparer.Ordinal).Select(Parse)]
        : [];

    private static OutboxSegment Parse(string path)
    {
        var parts = Path.GetFileName(path).Split(Separator);
        return new OutboxSegment(path, parts[0], parts[1], parts[2], parts[3]);
    }
}

/// <param name="Date">yyyy-MM-dd, UTC.</param>
/// <param name="Hour">HH, UTC.</param>
internal sealed record OutboxSegment(string Path, string Endpoint, string Date, string Hour, string Name);
