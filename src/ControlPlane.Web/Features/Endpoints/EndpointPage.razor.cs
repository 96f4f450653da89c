using ControlPlane.Web.Live;
using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlPlane.Web.Features.Endpoints;

/// <summary>What serves now, and how is it? The way back is in its head in every state.</summary>
public sealed partial class EndpointPage(EndpointPageQueries queries, Reads reads, TimeProvider time)
{
    private static readonly string[] _topics = [LiveTopics.Endpoints, LiveTopics.Rollouts, LiveTopics.Nodes, LiveTopics.Metrics];
    private static readonly TimeSpan _old = TimeSpan.FromSeconds(15);

    private Read<EndpointView?>? _endpoint;
    private string? _asked;
    private IReadOnlyList<Crumb> _crumbs = [];
    private IReadOnlyList<Tabs.TabItem> _tabs = [];
    private bool _isDeploying;
    private bool _isRollingBack;

    [Parameter] public string EnvironmentName { get; set; } = "";
    [Parameter] public string Name { get; set; } = "";

    [SupplyParameterFromQuery(Name = "tab")] private string? TabName { get; set; }
    [SupplyParameterFromQuery] private string? Range { get; set; }
    [SupplyParameterFromQuery] private string? At { get; set; }

    /// <summary><c>model@number</c>: the dialog opens with it.</summary>
    [SupplyParameterFromQuery] private string? Deploy { get; set; }

    private EndpointView? Endpoint => _endpoint?.Value;

    private string Tab => TabName ?? "health";

    /// <summary>No node has said anything lately: what is shown is what was asked for, not what is.</summary>
    private bool IsOld => Endpoint is { Stable: not null } endpoint && (endpoint.LastReport is not { } last || time.GetUtcNow() - last > _old);

    private string? WhyNotDeploy => Endpoint switch
    {
        null => "The endpoint is being read",
        { Running: { } running } => $"Rollout #{running.Number} is under way",
        { Nodes.Count: 0 } => "No node of this pool has joined",
        _ => null,
    };

    private IReadOnlyList<TrafficArm> Arms
    {
        get
        {
            var arms = new List<TrafficArm> { new(Endpoint!.Stable!.Version, VersionRole.Stable, Observed("stable"), 1 - Endpoint.CandidateShare) };
            if (Endpoint.Candidate is { } candidate)
                arms.Add(new(candidate.Version, VersionRole.Candidate, Observed("candidate"), Endpoint.CandidateShare));
            return arms;
        }
    }

    protected override async Task OnParametersSetAsync()
    {
        var asked = $"endpoint:{EnvironmentName}/{Name}";
        if (asked != _asked)
        {
            _asked = asked;
            _crumbs = [new("Endpoints", "endpoints"), new($"{Name} · {EnvironmentName}")];
            _endpoint = reads.Of(asked, cancel => queries.FindAsync(EnvironmentName, Name, cancel));
            if (!_endpoint.HasValue)
                await _endpoint.RunAsync();
            _isDeploying = Deploy is not null && WhyNotDeploy is null;
        }

        _tabs = [new("health", "Health"), new("traffic", "Traffic"), new("rollouts", "Rollouts", Endpoint?.Rollouts), new("history", "History"), new("requests", "Requests"), new("settings", "Settings")];
    }

    private static string Share(double share) => $"{share * 100:0.#}\u00A0%";

    private double? Observed(string arm) => Endpoint!.ObservedShares.Count == 0 ? null : Endpoint.ObservedShares.GetValueOrDefault(arm);

    private Task RefreshAsync() => _endpoint?.RunAsync() ?? Task.CompletedTask;
}
