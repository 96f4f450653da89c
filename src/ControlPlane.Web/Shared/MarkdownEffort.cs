using System.Buffers;

namespace ControlPlane.Web.Shared;

/// <summary>
/// What Markdown may cost. Reading it takes time by the square of the marks that stand in one paragraph or one line, cleaning it by more than the number of
/// its elements; both limits are far above what people write, and keep 20 KiB of anything under 50 ms.
/// </summary>
internal static class MarkdownEffort
{
    private const int MostMarksInALine = 200;
    private const int MostMarksInAParagraph = 400;
    private const int MostTags = 4_000;

    /// <summary>Marks that are looked for their counterpart within a paragraph.</summary>
    private static readonly SearchValues<char> _pairing = SearchValues.Create("[]!*_(~");

    /// <summary>Marks that, one after the other, nest within a line.</summary>
    private static readonly SearchValues<char> _nesting = SearchValues.Create("[]!*_(~>+-.");

    public static bool IsProse(string markdown)
    {
        var inParagraph = 0;
        foreach (var line in markdown.AsSpan().EnumerateLines())
        {
            if (BeginsAnew(line))
                inParagraph = 0;
            inParagraph += Count(line, _pairing);
            if (inParagraph > MostMarksInAParagraph || Count(line, _nesting) > MostMarksInALine)
                return false;
        }

        return true;
    }

    public static bool IsPage(string html) => html.AsSpan().Count('<') <= MostTags;

    /// <summary>An empty line, an item of a list or a heading: what is open before it is closed by it.</summary>
    private static bool BeginsAnew(ReadOnlySpan<char> line)
    {
        var text = line.TrimStart();
        if (text.IsEmpty || text[0] == '#' || (text.Length > 1 && text[0] is '-' or '*' or '+' && text[1] == ' '))
            return true;
        var afterNumber = text.TrimStart("0123456789");
        return afterNumber.Length < text.Length && afterNumber.StartsWith(". ");
    }

    private static int Count(ReadOnlySpan<char> text, SearchValues<char> marks)
    {
        var count = 0;
        for (var at = text.IndexOfAny(marks); at >= 0; at = text.IndexOfAny(marks))
        {
            count++;
            text = text[(at + 1)..];
        }

        return count;
    }
}
