using System.Text.Json.Nodes;
using ControlPlane.Domain.Rollouts.Documents;
using ControlPlane.Web.Live;
using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlPlane.Web.Features.Rollouts;

/// <summary>What do I decide, on what grounds?</summary>
public sealed partial class ApprovalsPage(Reads reads, Toasts toasts)
{
    private static readonly string[] _topics = [LiveTopics.Rollouts, LiveTopics.Nodes];

    /// <summary>Requests as they were when this page first showed them: what is approved is what was looked at.</summary>
    private readonly Dictionary<int, ApprovalRequest> _looked = [];

    private Read<ApprovalsView>? _view;
    private ApprovalRequest? _approving;
    private ApprovalRequest? _rejecting;
    private ApprovalRequest? _alone;

    [Inject] private ApprovalsPageQueries Queries { get; set; } = null!;

    [Inject] private RolloutActions Actions { get; set; } = null!;

    private ApprovalsView? View => _view?.Value;

    private bool IsRecent => View?.IsRecent == true;

    protected override async Task OnInitializedAsync()
    {
        _view = reads.Of("approvals", Queries.ReadAsync);
        if (!_view.HasValue)
            await _view.RunAsync();
        Look();
    }

    private static string Sentence(ApprovalsView view) => view.ForMe.Count switch
    {
        0 => view.Others.Count == 0 ? "Nothing waits for you." : $"Nothing waits for you; {Figures.Plural(view.Others.Count, "request")} {(view.Others.Count == 1 ? "needs" : "need")} another person.",
        1 => "One request waits for you.",
        var many => $"{many} requests wait for you.",
    };

    private static string Verb(ApprovalRequest request) => request.Step is { } step ? $"Take step {step} of moving" : request.FromVersion is null ? "Bring" : "Move";

    private IReadOnlyList<Change> ChangedSince(ApprovalRequest request) =>
        _looked.GetValueOrDefault(request.Number) is { } before && before.PlanHash != request.PlanHash ? DocumentDifference.Of(JsonNode.Parse(before.Plan), JsonNode.Parse(request.Plan)) : [];

    private void Look()
    {
        foreach (var request in View?.ForMe ?? [])
            _looked.TryAdd(request.Number, request);
    }

    private Task<string?> ApproveAsync(string comment) => DecideAsync(
        $"Rollout #{_approving!.Number} approved", () => Actions.ApproveAsync(_approving.Number, comment, _looked.GetValueOrDefault(_approving.Number)?.PlanHash, isBreakGlass: false, CancellationToken.None));

    private Task<string?> ApproveAloneAsync(string reason) => DecideAsync(
        $"Rollout #{_alone!.Number} approved alone", () => Actions.ApproveAsync(_alone.Number, reason, _alone.PlanHash, isBreakGlass: true, CancellationToken.None));

    private Task<string?> RejectAsync(string reason) => DecideAsync($"Rollout #{_rejecting!.Number} rejected", () => Actions.DoAsync(_rejecting.Number, Domain.Rollouts.RolloutAction.Reject, reason, CancellationToken.None));

    private async Task<string?> DecideAsync(string done, Func<Task<string?>> decide)
    {
        var refused = await decide();
        if (refused is null)
            toasts.Done(done);
        await RefreshAsync();
        return refused;
    }

    private async Task RefreshAsync()
    {
        await _view!.RunAsync();
        Look();
    }
}
