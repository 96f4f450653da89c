using System.Net;
using Ganss.Xss;
using Markdig;

namespace ControlPlane.Web.Shared;

/// <summary>Text that people and files brought in as Markdown, made into markup that cannot run anything, load anything or pose as the product.</summary>
public sealed class SafeMarkdown
{
    /// <summary>Characters that are shown; a longer text is cut and says so.</summary>
    public const int Longest = 20 << 10;

    private static readonly MarkdownPipeline _pipeline = new MarkdownPipelineBuilder().DisableHtml().UsePipeTables().UseAutoLinks().Build();

    private readonly HtmlSanitizer _sanitizer = Sanitizer();

    /// <returns>Null when there is nothing to show. What is nobody's prose is shown as it stands.</returns>
    public string? Html(string? markdown)
    {
        if (string.IsNullOrWhiteSpace(markdown))
            return null;
        var shown = markdown.Length <= Longest ? markdown : $"{markdown[..Longest]}\n\n… cut here: only the first {Longest} characters are shown.";
        try
        {
            if (MarkdownEffort.IsProse(shown) && Markdown.ToHtml(shown, _pipeline) is var html && MarkdownEffort.IsPage(html))
                return _sanitizer.Sanitize(html);
        }
        catch (ArgumentException)
        {
            // Nested deeper than the reader of Markdown goes.
        }

        return $"<pre>{WebUtility.HtmlEncode(shown)}</pre>";
    }

    private static HtmlSanitizer Sanitizer()
    {
        var sanitizer = new HtmlSanitizer(new HtmlSanitizerOptions
        {
            AllowedTags = new HashSet<string>(["p", "br", "em", "strong", "del", "code", "pre", "ul", "ol", "li", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "a", "hr"], StringComparer.OrdinalIgnoreCase),
            AllowedAttributes = new HashSet<string>(["href"], StringComparer.OrdinalIgnoreCase),
            UriAttributes = new HashSet<string>(["href"], StringComparer.OrdinalIgnoreCase),
            AllowedSchemes = new HashSet<string>(["https", "http", "mailto"], StringComparer.OrdinalIgnoreCase),
        });
        sanitizer.PostProcessNode += (_, processed) =>
        {
            if (processed.Node is AngleSharp.Html.Dom.IHtmlAnchorElement link)
            {
                link.SetAttribute("rel", "noopener noreferrer nofollow");
                link.SetAttribute("target", "_blank");
            }
        };
        return sanitizer;
    }
}
