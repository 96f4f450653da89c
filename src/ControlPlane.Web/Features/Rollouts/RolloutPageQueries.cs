using System.Globalization;
using ControlPlane.Data;
using ControlPlane.Domain.Nodes;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Domain.Rollouts.Gates;
using ControlPlane.Web.Live;
using ControlPlane.Web.Shared;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Features.Rollouts;

/// <summary>What the page of a rollout shows.</summary>
public sealed class RolloutPageQueries(IDbContextFactory<ControlPlaneDb> factory, ServingNow serving, IOptions<GatesOptions> options)
{
    private readonly GateWindow _window = new(options.Value.Window);

    public async Task<RolloutView?> FindAsync(int number, CancellationToken cancel)
    {
        var now = await serving.ReadAsync(cancel);
        await using var db = await factory.CreateDbContextAsync(cancel);
        if (await db.Rollouts.AsNoTracking().SingleOrDefaultAsync(known => known.Number == number, cancel) is not { } rollout)
            return null;

        var decisions = await db.Decisions.AsNoTracking().Where(decision => decision.RolloutId == rollout.Id)
            .OrderByDescending(decision => decision.Sequence).Take(200).ToListAsync(cancel);
        var approvals = await db.Approvals.AsNoTracking().Where(approval => approval.RolloutId == rollout.Id).OrderByDescending(approval => approval.At).Take(20).ToListAsync(cancel);
        var evidence = await db.RolloutEvidence.AsNoTracking().SingleOrDefaultAsync(known => known.RolloutId == rollout.Id, cancel);
        evidence = evidence?.Evidence.Attempt == rollout.State.Attempt ? evidence : null;
        var releases = await db.Releases.Where(release => release.Id == rollout.FromRelease || release.Id == rollout.ToRelease)
            .Select(release => new { release.Id, release.Model, release.Version }).ToDictionaryAsync(release => release.Id, StringComparer.Ordinal, cancel);
        string Version(string id) => releases.TryGetValue(id, out var release) ? release.Version.ToString(CultureInfo.InvariantCulture) : "?";
        var endpoint = now.Endpoints.FirstOrDefault(known => known.Id == rollout.EndpointId);
        return new(
            rollout.Number,
            rollout.Environment,
            rollout.EndpointName,
            releases.GetValueOrDefault(rollout.ToRelease)?.Model ?? "",
            rollout.Plan.Strategy,
            rollout.Phase.ToString(),
            Detail(rollout),
            rollout.State.Attempt,
            rollout.FromRelease is null ? null : Version(rollout.FromRelease),
            Version(rollout.ToRelease),
            rollout.CreatedBy,
            rollout.CreatedAt,
            rollout.State.EnteredAt,
            StateActions.Allowed(rollout.Phase),
            PlanWords.Of(rollout.Plan),
            now.Environments.GetValueOrDefault(rollout.Environment)?.IsProtected == true,
            [.. approvals.Select(approval => new ApprovalRow(approval.Approver, approval.At, approval.Until, approval.Comment, approval.IsBreakGlass, WhyVoid(rollout, approval, now.At)))],
            StepView.Of(rollout, evidence, _window),
            [.. (evidence?.Readings ?? []).Select(reading => new GateRow(reading, rollout.Plan.Gates.Any(gate => gate.Name == reading.Gate && gate.AgainstStable)))],
            evidence?.Missing,
            rollout.Id.Value,
            now.Environments.GetValueOrDefault(rollout.Environment)?.Revision ?? 0,
            endpoint is null ? [] : [.. now.NodesOf(endpoint).Select(node => Row(now, rollout, node.Node, node.Status))],
            [.. decisions.Select(decision => new DecisionRow(decision.Sequence, decision.At, decision.Action, decision.Actor, decision.Reason, EvidenceOf(decision.Evidence, _window), decision.Step))]);
    }

    private static string? EvidenceOf(EvidenceWindows? evidence, GateWindow window) => evidence is null ? null
        : $"{(evidence.From is { } from ? $"{window.StartOf(from):HH:mm:ss} to " : "until ")}{window.StartOf(evidence.Through + 1):HH:mm:ss}, {Figures.Count(evidence.CandidateSamples)} requests of the candidate, {Figures.Count(evidence.StableSamples)} of stable";

    private static string? WhyVoid(Rollout rollout, Approval approval, DateTimeOffset at) => approval switch
    {
        _ when approval.Attempt != rollout.State.Attempt => $"of attempt {approval.Attempt}",
        _ when approval.PlanHash != PlanHash.Of(rollout.Plan) => "the plan was changed since",
        _ when approval.Until <= at && !rollout.State.IsUnderWay && rollout.IsOpen => "expired",
        _ => null,
    };

    private static string? Detail(Rollout rollout) => rollout.Phase == RolloutPhase.Progressing
        ? $"Step {rollout.State.Step + 1} of {rollout.Plan.Steps.Count} · {rollout.State.Weight / 100d:0.#}\u00A0%"
        : rollout.Condition ?? rollout.State.Reason;

    private static RolloutNodeRow Row(ServingSnapshot now, Rollout rollout, Node node, NodeStatus? status) => new(
        node.Name,
        now.IsLive(status),
        status?.Report.AppliedRevision ?? 0,
        status?.Report.Serving.FirstOrDefault(served => served.Release == rollout.ToRelease)?.State,
        status?.Report.Rejected?.Reason,
        status?.Report.Rejected?.Detail,
        status?.LastSeen);
}
