namespace ControlPlane.Web.Features.Nodes;

/// <summary>Keeps a log that another process appends to from growing without end.</summary>
internal static class BoundedLog
{
    /// <summary>
    /// When the file is longer than <paramref name="most"/>, it is copied to <c>….1</c> and emptied. The writer appends, so it goes on at the beginning;
    /// what it writes between copy and cut is lost.
    /// </summary>
    /// <exception cref="IOException">The disk does not take the copy; the log is emptied all the same.</exception>
    public static void Keep(string path, long most)
    {
        if (new FileInfo(path) is not { Exists: true } log || log.Length <= most)
            return;
        try
        {
            File.Copy(path, path + ".1", overwrite: true);
        }
        finally
        {
            using var emptied = new FileStream(path, FileMode.Truncate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        }
    }
}
