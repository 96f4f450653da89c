using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Routing;

namespace ControlPlane.Web.Layout;

public sealed partial class TopBar(NavigationManager navigation, LiveSwitch live, EnvironmentNames environments)
{
    private IReadOnlyList<string> _environments = [];

    private LiveSwitch Live => live;

    private string? Chosen => EnvironmentFilter.Of(navigation);

    public void Dispose()
    {
        live.Changed -= Switched;
        navigation.LocationChanged -= Moved;
    }

    protected override async Task OnInitializedAsync()
    {
        live.Changed += Switched;
        navigation.LocationChanged += Moved;
        _environments = await environments.ListAsync(CancellationToken.None);
    }

    private static string Initials(string? name)
    {
        var words = (name ?? "?").Split('@')[0].Split([' ', '.', '-', '_'], StringSplitOptions.RemoveEmptyEntries);
        return string.Concat(words.Take(2).Select(word => char.ToUpperInvariant(word[0])));
    }

    private string Link(string? environment) =>
        navigation.GetUriWithQueryParameters(new Dictionary<string, object?>
        {
            [EnvironmentFilter.Parameter] = environment,
            ["page"] = null,
        });

    private void Redraw() => _ = InvokeAsync(StateHasChanged);

    private void Switched(object? sender, EventArgs e) => Redraw();

    private void Moved(object? sender, LocationChangedEventArgs where) => Redraw();
}
