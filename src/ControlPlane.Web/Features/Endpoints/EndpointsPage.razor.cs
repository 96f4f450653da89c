using ControlPlane.Web.Live;
using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlPlane.Web.Features.Endpoints;

/// <summary>What serves where, and how is it?</summary>
public sealed partial class EndpointsPage(EndpointsNow endpoints, Reads reads)
{
    private static readonly string[] _topics = [LiveTopics.Endpoints, LiveTopics.Rollouts, LiveTopics.Nodes, LiveTopics.Metrics];

    private Read<IReadOnlyList<EndpointNow>>? _endpoints;
    private bool _isCreating;

    [SupplyParameterFromQuery(Name = "env")] private string? Env { get; set; }

    private IReadOnlyList<EndpointNow> Shown => [.. (_endpoints?.Value ?? []).Where(row => Env is null || row.Environment == Env)];

    protected override async Task OnInitializedAsync()
    {
        _endpoints = reads.Of("endpoints", endpoints.ListAsync);
        if (!_endpoints.HasValue)
            await _endpoints.RunAsync();
    }

    private static string Sentence(IReadOnlyList<EndpointNow> rows)
    {
        var serving = rows.Count(row => row.StableVersion is not null);
        var unwell = rows.Count(row => row.IsSlow || row.HasErrors);
        return rows.Count == 0 ? "Nothing serves yet."
            : $"{serving} of {Figures.Plural(rows.Count, "endpoint")} {(serving == 1 ? "serves" : "serve")} a version. {(unwell == 0 ? "None is over its limits." : $"{unwell} over {(unwell == 1 ? "its" : "their")} limits.")}";
    }

    private Task RefreshAsync() => _endpoints?.RunAsync() ?? Task.CompletedTask;
}
