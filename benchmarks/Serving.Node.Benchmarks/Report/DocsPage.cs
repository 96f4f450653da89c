namespace Serving.Node.Benchmarks.Report;

/// <summary>A page whose parts between <c>&lt;!-- name --&gt;</c> and <c>&lt;!-- /name --&gt;</c> are written here; what stands around them is people's.</summary>
internal static class DocsPage
{
    /// <exception cref="InvalidDataException">The page has no such place.</exception>
    public static void Write(string path, string name, string markdown)
    {
        var page = File.ReadAllText(path);
        var (begin, end) = ($"<!-- {name} -->\n", $"<!-- /{name} -->");
        var from = page.IndexOf(begin, StringComparison.Ordinal);
        var to = page.IndexOf(end, StringComparison.Ordinal);
        if (from < 0 || to < from)
            throw new InvalidDataException($"{path} has no place for {name}: {begin.Trim()} … {end}");
        File.WriteAllText(path, page[..(from + begin.Length)] + markdown + page[to..]);
    }
}
