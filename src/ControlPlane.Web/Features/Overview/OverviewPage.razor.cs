using ControlPlane.Web.Live;
using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlPlane.Web.Features.Overview;

/// <summary>Is anything wrong, and what waits for me?</summary>
public sealed partial class OverviewPage(EndpointsNow endpoints, Reads reads)
{
    private static readonly string[] _topics = [LiveTopics.Endpoints, LiveTopics.Rollouts, LiveTopics.Nodes, LiveTopics.Models, LiveTopics.Metrics];

    private Read<OverviewView>? _view;
    private Read<IReadOnlyList<EndpointNow>>? _endpoints;

    [SupplyParameterFromQuery(Name = "env")] private string? Env { get; set; }

    [Inject] private OverviewPageQueries Queries { get; set; } = null!;

    private OverviewView? View => _view?.Value;

    private IReadOnlyList<EndpointNow> Shown => [.. (_endpoints?.Value ?? []).Where(row => Env is null || row.Environment == Env)];

    protected override async Task OnInitializedAsync()
    {
        _endpoints = reads.Of("endpoints", endpoints.ListAsync);
        _view = reads.Of("overview", Queries.ReadAsync);
        if (!_endpoints.HasValue || !_view.HasValue)
            await RefreshAsync();
    }

    private static string Sentence(IReadOnlyList<EndpointNow> rows, OverviewView? view)
    {
        var serving = rows.Where(row => row.StableVersion is not null).ToList();
        if (serving.Count == 0)
            return $"Nothing serves yet. {(view?.Guide.LiveNodes > 0 ? $"{Figures.Plural(view.Guide.LiveNodes, "node")} {(view.Guide.LiveNodes == 1 ? "is" : "are")} connected and well." : "No node is connected.")}";

        var rate = serving.Sum(row => row.RequestsPerSecond ?? 0);
        var moving = rows.Count(row => row.RolloutPhase == "Progressing");
        var unwell = rows.Count(row => row.IsSlow || row.HasErrors);
        var rest = (moving, unwell) switch
        {
            (0, 0) => "No rollout is moving and none is over its limits.",
            (_, 0) => $"{Figures.Plural(moving, "rollout")} {(moving == 1 ? "is" : "are")} moving.",
            (0, _) => $"{unwell} {(unwell == 1 ? "is" : "are")} over {(unwell == 1 ? "its" : "their")} limits.",
            _ => $"{Figures.Plural(moving, "rollout")} {(moving == 1 ? "is" : "are")} moving and {unwell} {(unwell == 1 ? "endpoint is" : "endpoints are")} over the limits.",
        };
        return $"{Figures.Plural(serving.Count, "endpoint")} {(serving.Count == 1 ? "answers" : "answer")} {Figures.Rate(rate)} requests/s. {rest}";
    }

    private async Task RefreshAsync()
    {
        await _endpoints!.RunAsync();
        await _view!.RunAsync();
    }
}
