using ControlPlane.Web.Layout;
using Microsoft.AspNetCore.Components;

namespace ControlPlane.Web.Features.Endpoints;

public sealed partial class NewEndpointDialog(EnvironmentNames names, NavigationManager navigation)
{
    private IReadOnlyList<string> _environments = [];
    private string _environment = "production";
    private string _name = "";
    private string _pool = "default";
    private double? _limit = Shared.EndpointsNow.DefaultLimitP99Ms;

    [Inject] private EndpointActions Actions { get; set; } = null!;

    [Parameter, EditorRequired] public bool IsOpen { get; set; }
    [Parameter] public EventCallback<bool> IsOpenChanged { get; set; }

    /// <summary>The one the list is filtered by.</summary>
    [Parameter] public string? Environment { get; set; }

    protected override async Task OnParametersSetAsync()
    {
        if (!IsOpen || _environments.Count > 0)
            return;
        _environments = await names.ListAsync(CancellationToken.None);
        _environment = Environment ?? _environment;
    }

    private async Task<string?> CreateAsync(string reason)
    {
        var name = _name.Trim();
        if (await Actions.CreateAsync(_environment, name, _pool.Trim(), _limit, CancellationToken.None) is { } refused)
            return refused;

        navigation.NavigateTo($"endpoints/{_environment}/{name}");
        return null;
    }
}
