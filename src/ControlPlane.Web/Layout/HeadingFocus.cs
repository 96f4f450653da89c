using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;
using Microsoft.AspNetCore.Components.Routing;

namespace ControlPlane.Web.Layout;

/// <summary>
/// Takes the focus to the heading when the person goes to another page, so that a screen reader reads it. Not on the page that was loaded first:
/// there the browser has put it, and may have moved on, before this page came alive.
/// </summary>
public sealed class HeadingFocus(NavigationManager navigation) : ComponentBase, IDisposable
{
    private bool _hasMoved;

    [Parameter, EditorRequired] public Microsoft.AspNetCore.Components.RouteData Route { get; set; } = null!;

    public void Dispose() => navigation.LocationChanged -= Moved;

    protected override void OnInitialized() => navigation.LocationChanged += Moved;

    protected override void BuildRenderTree(RenderTreeBuilder builder)
    {
        if (!_hasMoved)
            return;
        builder.OpenComponent<FocusOnNavigate>(0);
        builder.AddComponentParameter(1, nameof(FocusOnNavigate.RouteData), Route);
        builder.AddComponentParameter(2, nameof(FocusOnNavigate.Selector), "h1");
        builder.CloseComponent();
    }

    private void Moved(object? sender, LocationChangedEventArgs where) => _hasMoved = true;
}
