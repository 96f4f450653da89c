using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;

namespace ControlPlane.Web.Shared;

/// <summary>One of our own icons. Its markup stands in <see cref="Icons"/> and comes from nobody.</summary>
public sealed class Icon : ComponentBase
{
    [Parameter, EditorRequired] public string Name { get; set; } = "";
    [Parameter] public string? Class { get; set; }

    protected override void BuildRenderTree(RenderTreeBuilder builder)
    {
        builder.OpenElement(0, "svg");
        builder.AddAttribute(1, "class", $"ico {Class}");
        builder.AddAttribute(2, "viewBox", "0 0 16 16");
        builder.AddAttribute(3, "aria-hidden", "true");
        builder.AddMarkupContent(4, Icons.Shape(Name));
        builder.CloseElement();
    }
}
