using ControlPlane.Domain.Rollouts;

namespace ControlPlane.Web.Features.Rollouts;

/// <summary>A rollout in a list.</summary>
/// <param name="Detail">What belongs to the state: the step, the reason.</param>
public sealed record RolloutRow(
    int Number, string Environment, string Endpoint, string Strategy, string Phase, string? Detail, string? FromVersion, string ToVersion, string CreatedBy, DateTimeOffset CreatedAt)
{
    internal static RolloutRow Of(Rollout rollout, Func<string, string> versionOf) => new(
        rollout.Number, rollout.Environment, rollout.EndpointName, rollout.Plan.Strategy, rollout.Phase.ToString(), rollout.Condition ?? rollout.State.Reason,
        rollout.FromRelease is null ? null : versionOf(rollout.FromRelease), versionOf(rollout.ToRelease), rollout.CreatedBy, rollout.CreatedAt);
}
