using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;

namespace ControlPlane.Web.Shared;

/// <summary>The one place where what others wrote becomes markup: it takes Markdown and cleans it itself, whoever hands it over.</summary>
public sealed class Prose(SafeMarkdown markdown) : ComponentBase
{
    private string? _shown;
    private string? _html;

    [Parameter, EditorRequired] public string? Markdown { get; set; }

    protected override void OnParametersSet()
    {
        if (_shown == Markdown)
            return;
        (_shown, _html) = (Markdown, markdown.Html(Markdown));
    }

    protected override void BuildRenderTree(RenderTreeBuilder builder)
    {
        builder.OpenElement(0, "div");
        builder.AddAttribute(1, "class", "prose");
        builder.AddMarkupContent(2, _html);
        builder.CloseElement();
    }
}
