using ControlPlane.Domain.Rollouts;
using ControlPlane.Web.Live;
using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlPlane.Web.Features.Rollouts;

/// <summary>How far is the change, and what was decided on the way?</summary>
public sealed partial class RolloutPage(RolloutPageQueries queries, Reads reads)
{
    private static readonly string[] _topics = [LiveTopics.Rollouts, LiveTopics.Nodes];

    private Read<RolloutView?>? _rollout;
    private int _asked;
    private IReadOnlyList<Crumb> _crumbs = [];
    private bool _isAborting;
    private RolloutActs? _acting;

    [Inject] private RolloutActions Actions { get; set; } = null!;

    [Parameter] public int Number { get; set; }

    private RolloutView? Rollout => _rollout?.Value;

    protected override async Task OnParametersSetAsync()
    {
        if (_asked == Number)
            return;

        _asked = Number;
        _rollout = reads.Of($"rollout:{Number}", cancel => queries.FindAsync(Number, cancel));
        if (!_rollout.HasValue)
            await _rollout.RunAsync();
        _crumbs = [new("Rollouts", "rollouts"), new($"#{Number}")];
    }

    private static string Sentence(RolloutView rollout)
    {
        var holding = rollout.Nodes.Count(node => node.HoldsNew is "serving" or "warm");
        var nodes = Figures.Plural(rollout.Nodes.Count, "node");
        return rollout.Phase switch
        {
            "Progressing" when rollout.Steps.FirstOrDefault(step => step.Class == "cur") is { Percent: > 0 } now =>
                $"v{rollout.ToVersion} is asked to take {now.Title} of traffic since {rollout.Since.UtcDateTime:HH:mm}. {Next(rollout, now)}",
            "Progressing" => $"v{rollout.ToVersion} is loaded on {holding} of {nodes}. Traffic moves as soon as every one holds it.",
            "AwaitingApproval" => "It waits for a person who has no hand in its plan.",
            "Ready" => $"v{rollout.ToVersion} can be started; no traffic has moved.",
            "Completed" => $"v{rollout.ToVersion} took all traffic of {rollout.Environment}/{rollout.Endpoint}.",
            "RollingBack" => $"Traffic goes back to v{rollout.FromVersion}.",
            "Aborted" => rollout.FromVersion is null ? "It was aborted; nothing serves here." : $"It was aborted; v{rollout.FromVersion} has all traffic.",
            "Paused" or "Inconclusive" => $"Nothing moves until somebody decides. v{rollout.ToVersion} is loaded on {holding} of {nodes}.",
            "RolledBack" => rollout.FromVersion is null ? "It went back; nothing serves here." : $"It went back; v{rollout.FromVersion} has all traffic again.",
            "Superseded" => "Another rollout took its place.",
            _ => $"v{rollout.ToVersion} has not been started.",
        };
    }

    private static string Next(RolloutView rollout, StepView now) => rollout.Steps.FirstOrDefault(step => step.Index == now.Index + 1) is { } next
        ? $"Next step {next.Title}, once {(now.Lines.Count == 0 ? "every node has acknowledged it" : $"this one has held ({string.Join(", ", now.Lines)})")}."
        : "It is completed when every node has acknowledged it.";

    private static Mark Holds(RolloutNodeRow node) => node switch
    {
        { RejectedReason: { } reason } => new("bad", reason, "bad"),
        { IsLive: false } => new("silent", "silent", "stale"),
        { HoldsNew: "serving" } => new("check", "serving", "ok"),
        { HoldsNew: "warm" } => new("warm", "loaded", "ok"),
        { HoldsNew: "loading" } => new("run", "loading"),
        _ => new("ready", "not loaded"),
    };

    private static string IconOf(string action) => action switch
    {
        "start" or "resume" => "play",
        "advance" => "advance",
        "promote" => "promote",
        "pause" => "pause",
        "inconclusive" => "unsure",
        "abort" => "abort",
        "rollBack" => "undo",
        "complete" => "check",
        "approve" => "approvals",
        _ => "info",
    };

    private static string Words(string action) => action switch
    {
        "rollBack" => "Rolled back",
        "start" => "Started",
        "advance" => "Advanced",
        "promote" => "Promoted",
        "pause" => "Paused",
        "resume" => "Resumed",
        "abort" => "Aborted",
        "complete" => "Completed",
        "submit" => "Submitted",
        "approve" => "Approved",
        "reject" => "Rejected",
        "retry" => "Retried",
        _ => char.ToUpperInvariant(action[0]) + action[1..],
    };

    private async Task<string?> AbortAsync(string reason)
    {
        var refused = await Actions.DoAsync(Number, RolloutAction.Abort, reason, CancellationToken.None);
        await RefreshAsync();
        return refused;
    }

    private async Task<string?> ActAsync(string reason)
    {
        var refused = await Actions.DoAsync(Number, _acting!.Action, reason, CancellationToken.None);
        await RefreshAsync();
        return refused;
    }

    private Task RefreshAsync() => _rollout?.RunAsync() ?? Task.CompletedTask;
}
