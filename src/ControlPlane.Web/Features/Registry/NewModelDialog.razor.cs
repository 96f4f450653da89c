using Microsoft.AspNetCore.Components;

namespace ControlPlane.Web.Features.Registry;

public sealed partial class NewModelDialog(NavigationManager navigation)
{
    private string _name = "";
    private string _description = "";

    [Inject] private RegistryActions Actions { get; set; } = null!;

    [Parameter, EditorRequired] public bool IsOpen { get; set; }
    [Parameter] public EventCallback<bool> IsOpenChanged { get; set; }

    private async Task<string?> CreateAsync(string reason)
    {
        var name = _name.Trim();
        if (await Actions.CreateModelAsync(name, _description, CancellationToken.None) is { } refused)
            return refused;

        navigation.NavigateTo($"models/{name}/upload");
        return null;
    }
}
