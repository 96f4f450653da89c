using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using ControlPlane.Data;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Domain.Rollouts.Gates;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Features.Rollouts;

/// <summary>One rollout as scripts see it.</summary>
internal sealed class RolloutReader(IDbContextFactory<ControlPlaneDb> factory)
{
    private const int MostDecisions = 1_000;

    public async Task<RolloutAnswer?> GetAsync(int number, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        if (await db.Rollouts.AsNoTracking().SingleOrDefaultAsync(known => known.Number == number, cancel) is not { } rollout)
            return null;
        var decisions = await db.Decisions.AsNoTracking().Where(row => row.RolloutId == rollout.Id).OrderByDescending(row => row.Sequence).Take(MostDecisions).ToListAsync(cancel);
        var approvals = await db.Approvals.AsNoTracking().Where(row => row.RolloutId == rollout.Id).OrderBy(row => row.At).ToListAsync(cancel);
        var evidence = await db.RolloutEvidence.AsNoTracking().SingleOrDefaultAsync(row => row.RolloutId == rollout.Id, cancel);
        var hash = PlanHash.Of(rollout.Plan);
        return new RolloutAnswer
        {
            Id = rollout.Number.ToString(CultureInfo.InvariantCulture),
            Environment = rollout.Environment,
            Endpoint = rollout.EndpointName,
            Strategy = rollout.Plan.Strategy,
            State = rollout.Phase.ToString(),
            Attempt = rollout.State.Attempt,
            Step = rollout.State.Step,
            Steps = rollout.Plan.Steps,
            Weight = rollout.State.Weight,
            Mirror = rollout.State.Mirror,
            Reason = rollout.State.Reason,
            Condition = rollout.Condition,
            NextTryAt = rollout.NextTryAt,
            From = rollout.FromRelease,
            To = rollout.ToRelease,
            PlanHash = hash,
            NeedsApproval = rollout.Plan.NeedsApproval,
            Authors = [.. rollout.Authors.Prepend(rollout.CreatedBy).Distinct(StringComparer.OrdinalIgnoreCase)],
            Approvals =
            [
                .. approvals.Select(row => new ApprovalAnswer(
                    row.Approver, row.At, row.Until, row.Attempt, row.Step, row.PlanHash, row.Artifact, row.Comment, row.IsBreakGlass, row.Attempt != rollout.State.Attempt || row.PlanHash != hash)),
            ],
            CreatedBy = rollout.CreatedBy,
            CreatedAt = rollout.CreatedAt,
            Allowed = [.. StateActions.Allowed(rollout.Phase).Select(StateActions.Verb)],
            Gates = evidence is null || evidence.Evidence.Attempt != rollout.State.Attempt ? [] : [.. evidence.Readings.Select(GateAnswer.Of)],
            Evidence = evidence is null || evidence.Evidence.Attempt != rollout.State.Attempt
                ? null : new(evidence.At, evidence.Evidence.Step, evidence.Evidence.Held, evidence.Evidence.StableSamples, evidence.Evidence.CandidateSamples, evidence.Missing),
            Decisions = [.. decisions.AsEnumerable().Reverse().Select(row => new DecisionAnswer(row.At, row.Step, row.Attempt, row.Action, row.Actor, row.Reason, row.Evidence))],
            Stamp = rollout.Stamp,
        };
    }
}

internal sealed record RolloutAnswer
{
    public required string Id { get; init; }
    public required string Environment { get; init; }
    public required string Endpoint { get; init; }
    public required string Strategy { get; init; }
    public required string State { get; init; }
    public required int Attempt { get; init; }

    /// <summary>Index of the step under way; -1 before the start.</summary>
    public required int Step { get; init; }
    public required IReadOnlyList<RolloutStep> Steps { get; init; }

    /// <summary>Basis points.</summary>
    public required int Weight { get; init; }

    /// <summary>Basis points.</summary>
    public required int Mirror { get; init; }
    public required string? Reason { get; init; }
    public required string? Condition { get; init; }
    public required DateTimeOffset? NextTryAt { get; init; }
    public required string? From { get; init; }
    public required string To { get; init; }

    /// <summary>What an approval is bound to.</summary>
    public required string PlanHash { get; init; }
    public required bool NeedsApproval { get; init; }
    public required IReadOnlyList<string> Authors { get; init; }
    public required IReadOnlyList<ApprovalAnswer> Approvals { get; init; }
    public required string CreatedBy { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required IReadOnlyList<GateAnswer> Gates { get; init; }

    /// <summary>What the gates have seen in this step; null: they are not armed yet.</summary>
    public required EvidenceAnswer? Evidence { get; init; }
    public required IReadOnlyList<string> Allowed { get; init; }
    public required IReadOnlyList<DecisionAnswer> Decisions { get; init; }

    [JsonIgnore]
    public long Stamp { get; init; }
}

/// <param name="IsVoid">Of an earlier attempt, or of a plan that has been changed since.</param>
internal sealed record ApprovalAnswer(
    string By, DateTimeOffset At, DateTimeOffset Until, int Attempt, int Step, string PlanHash, string Artifact, string? Comment, bool IsBreakGlass, bool IsVoid);

internal sealed record DecisionAnswer(DateTimeOffset At, int Step, int Attempt, string Action, string Actor, string? Reason, EvidenceWindows? Evidence);

/// <param name="Verdict"><c>better</c>, <c>noWorse</c>, <c>worse</c> or <c>notEnoughEvidence</c>.</param>
/// <param name="Eta">When it is expected to be known; null: unknown, or it is.</param>
internal sealed record GateAnswer(
    string Gate, string Verdict, double? Value, double? Low, double? High, double Threshold, long StableSamples, long CandidateSamples, long MinSamples, string OnBreach, TimeSpan? Eta, string Sentence)
{
    public static GateAnswer Of(Reading reading) => new(
        reading.Gate, JsonNamingPolicy.CamelCase.ConvertName(reading.Verdict.ToString()), Finite(reading.Value), Finite(reading.Low), Finite(reading.High), reading.Threshold, reading.StableSamples,
        reading.CandidateSamples, reading.MinSamples, JsonNamingPolicy.CamelCase.ConvertName(reading.OnBreach.ToString()), reading.Eta, reading.Sentence);

    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;
}

/// <param name="Held">Windows of the step judged so far.</param>
internal sealed record EvidenceAnswer(DateTimeOffset At, int Step, long Held, long StableSamples, long CandidateSamples, string? Missing);
