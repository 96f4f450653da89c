using System.Globalization;

namespace ControlPlane.Data.Lake;

/// <summary>Takes out of the log lake what must not stay in it.</summary>
public sealed class LakeUpkeep(string root, Lake lake)
{
    /// <summary>Removes the days that ended before <paramref name="before"/>.</summary>
    /// <returns>How many folders of a day.</returns>
    public int RemoveOld(DateTimeOffset before)
    {
        var oldest = DateOnly.FromDateTime(before.UtcDateTime);
        var removed = 0;
        foreach (var folder in Directory.Exists(root) ? Directory.EnumerateDirectories(root, "date=*", SearchOption.AllDirectories).ToList() : [])
        {
            if (DateOnly.TryParseExact(Path.GetFileName(folder), "'date='yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day < oldest)
            {
                Directory.Delete(folder, recursive: true);
                removed++;
            }
        }

        return removed;
    }

    /// <summary>Removes one request: the files that hold it are written anew without it and take the place of the old ones at once.</summary>
    /// <returns>How many files; 0: it is in none.</returns>
    public async Task<int> ForgetAsync(string requestId, CancellationToken cancel)
    {
        var files = await lake.FilesWithAsync(requestId, cancel);
        foreach (var file in files)
        {
            var part = $"{file}.part";
            try
            {
                await lake.CopyWithoutAsync(file, part, requestId, cancel);
                File.Move(part, file, overwrite: true);
            }
            finally
            {
                File.Delete(part);
            }
        }

        return files.Count;
    }
}
