using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlPlane.Web.Features.Endpoints;

/// <summary>The way back, one click and Enter.</summary>
public sealed partial class RollBackDialog(Toasts toasts)
{
    [Inject] private EndpointActions Actions { get; set; } = null!;

    [Parameter, EditorRequired] public bool IsOpen { get; set; }
    [Parameter] public EventCallback<bool> IsOpenChanged { get; set; }
    [Parameter, EditorRequired] public EndpointView Endpoint { get; set; } = null!;
    [Parameter] public EventCallback OnDone { get; set; }

    private async Task<string?> RollBackAsync(string reason)
    {
        var target = Endpoint.Previous!;
        var (number, refused) = await Actions.RollBackAsync(Endpoint.Environment, Endpoint.Name, target.Id, reason, CancellationToken.None);
        if (refused is null)
        {
            toasts.Done($"Rollout #{number}: {Endpoint.Path} goes back to v{target.Version}");
            await OnDone.InvokeAsync();
        }

        return refused;
    }
}
