using System.Globalization;
using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlPlane.Web.Features.Endpoints;

/// <summary>Chooses a version and deploys it: loaded everywhere first, then all traffic in one revision.</summary>
public sealed partial class DeployDialog(EndpointPageQueries queries, Toasts toasts)
{
    private IReadOnlyList<DeployableVersion>? _versions;
    private DeployableVersion? _chosen;
    private bool _wasOpen;

    [Inject] private EndpointActions Actions { get; set; } = null!;

    [Parameter, EditorRequired] public bool IsOpen { get; set; }
    [Parameter] public EventCallback<bool> IsOpenChanged { get; set; }
    [Parameter, EditorRequired] public EndpointView Endpoint { get; set; } = null!;
    [Parameter] public EventCallback OnDone { get; set; }

    /// <summary><c>model@number</c> to begin with.</summary>
    [Parameter] public string? Wanted { get; set; }

    private string Chosen
    {
        get => _chosen?.Text ?? "";
        set => _chosen = _versions?.FirstOrDefault(version => version.Text == value);
    }

    private string Effect
    {
        get
        {
            var nodes = Figures.Plural(Endpoint.Nodes.Count, "node");
            var before = Endpoint.Stable is { } stable ? $" v{stable.Version} stays in memory for the way back; no request fails." : "";
            return $"{_chosen!.Text} is loaded and checked on {nodes} first. Then it takes 100 % in one revision.{before}";
        }
    }

    protected override async Task OnParametersSetAsync()
    {
        if (IsOpen && !_wasOpen)
        {
            _versions = await queries.DeployableAsync(Endpoint.Stable?.Model, CancellationToken.None);
            _chosen = Wanted?.Split('@') is [var model, var number]
                ? _versions.FirstOrDefault(version => version.Model == model && version.Number.ToString(CultureInfo.InvariantCulture) == number)
                : null;
        }

        _wasOpen = IsOpen;
    }

    private bool IsStable(DeployableVersion version) =>
        Endpoint.Stable is { } stable && stable.Model == version.Model && stable.Version == version.Number.ToString(CultureInfo.InvariantCulture);

    private async Task<string?> DeployAsync(string reason)
    {
        var (number, refused) = await Actions.DeployAsync(Endpoint.Environment, Endpoint.Name, _chosen!.Model, _chosen.Number, CancellationToken.None);
        if (refused is null)
        {
            toasts.Done($"Rollout #{number} started: {_chosen.Text} to {Endpoint.Path}");
            await OnDone.InvokeAsync();
        }

        return refused;
    }
}
