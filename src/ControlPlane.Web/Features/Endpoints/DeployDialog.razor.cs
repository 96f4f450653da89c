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

    /// <summary>In a protected environment it is a request.</summary>
    private string Word => (Endpoint.IsProtected, _chosen) switch
    {
        (true, null) => "Ask for approval",
        (true, { } version) => $"Ask to deploy v{version.Number}",
        (_, null) => "Deploy",
        (_, { } version) => $"Deploy v{version.Number}",
    };

    private string Effect
    {
        get
        {
            var nodes = Figures.Plural(Endpoint.Nodes.Count, "node");
            var before = Endpoint.Stable is { } stable ? $" v{stable.Version} stays in memory for the way back; no request fails." : "";
            var first = Endpoint.IsProtected ? $"{Endpoint.Environment} is protected: another person approves first, and that starts it. " : "";
            return $"{first}{_chosen!.Text} is loaded and checked on {nodes} first. Then it takes 100 % in one revision.{before}";
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
            toasts.Done(Endpoint.IsProtected ? $"Rollout #{number} waits for approval: {_chosen.Text} to {Endpoint.Path}" : $"Rollout #{number} started: {_chosen.Text} to {Endpoint.Path}");
            await OnDone.InvokeAsync();
        }

        return refused;
    }
}
