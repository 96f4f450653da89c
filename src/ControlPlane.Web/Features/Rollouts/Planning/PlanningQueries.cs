using System.Globalization;
using ControlPlane.Data;
using ControlPlane.Data.Rollouts;
using ControlPlane.Domain.Registry;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Web.Shared;
using Microsoft.EntityFrameworkCore;
using Serving.Contracts.State;

namespace ControlPlane.Web.Features.Rollouts.Planning;

/// <summary>What whoever plans a rollout has to know.</summary>
internal sealed class PlanningQueries(IDbContextFactory<ControlPlaneDb> factory, ServingNow serving)
{
    /// <param name="path"><c>environment/name</c>.</param>
    /// <param name="version"><c>model@number</c>; null: none is chosen yet.</param>
    /// <returns>Null: there is no such endpoint.</returns>
    public async Task<PlanSituation?> FindAsync(string path, string? version, int? number, CancellationToken cancel)
    {
        var now = await serving.ReadAsync(cancel);
        if (path.Split('/') is not [var environment, var name] || now.Endpoints.FirstOrDefault(known => known.Environment == environment && known.Name == name) is not { } endpoint)
            return null;
        await using var db = await factory.CreateDbContextAsync(cancel);
        var stable = endpoint.StableRelease is { } id ? now.Releases.GetValueOrDefault(id) : null;
        var before = stable is null ? null : await VersionAsync(db, stable.Model, stable.Number, cancel);
        var after = version?.Split('@') is [var model, var text] && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var asked) ? await VersionAsync(db, model, asked, cancel) : null;
        return new(
            environment,
            name,
            await db.SettingAsync(endpoint, cancel),
            stable is null ? null : $"{stable.Model}@{stable.Version}",
            after is null ? null : VersionWords.Difference(before, after),
            Preflight.Of(now, endpoint, number, before, after),
            await db.StableTrafficAsync(endpoint, now.At, cancel));
    }

    /// <returns>Null: there is no such rollout.</returns>
    public async Task<PlanToEdit?> ToEditAsync(int number, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        if (await db.Rollouts.AsNoTracking().SingleOrDefaultAsync(known => known.Number == number, cancel) is not { } rollout)
            return null;
        var release = await db.Releases.AsNoTracking().SingleAsync(known => known.Id == rollout.ToRelease, cancel);
        return new($"{rollout.Environment}/{rollout.EndpointName}", $"{release.Model}@{release.Version}", rollout.Plan, release.Runtime, rollout.Stamp, StateActions.Refusal(rollout.Phase, RolloutAction.Edit)?.Message);
    }

    private static Task<ModelVersion?> VersionAsync(ControlPlaneDb db, string model, int number, CancellationToken cancel) =>
        db.Versions.AsNoTracking().SingleOrDefaultAsync(version => version.ModelName == model && version.Number == number, cancel);
}

/// <summary>An endpoint as it is now, for whoever wants to change it.</summary>
/// <param name="Stable"><c>model@number</c>; null: nothing serves.</param>
/// <param name="Difference">Between what serves and what was chosen; null: nothing is chosen.</param>
internal sealed record PlanSituation(
    string Environment, string Endpoint, PlanSetting Setting, string? Stable, string? Difference, IReadOnlyList<Preflight> Checks, StableTraffic? Traffic);

/// <param name="Stamp">What is there as it was read.</param>
/// <param name="WhyNot">Why it cannot be edited any more; null: it can.</param>
internal sealed record PlanToEdit(string Endpoint, string Version, RolloutPlan Plan, RuntimeConfiguration Runtime, long Stamp, string? WhyNot);
