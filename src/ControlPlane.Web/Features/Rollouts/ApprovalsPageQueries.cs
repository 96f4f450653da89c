using System.Globalization;
using System.Text.Json;
using ControlPlane.Data;
using ControlPlane.Data.Rollouts;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Registry;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Web.Features.Rollouts.Planning;
using ControlPlane.Web.Shared;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Features.Rollouts;

/// <summary>What the page of approvals shows to the person of this circuit.</summary>
internal sealed class ApprovalsPageQueries(IDbContextFactory<ControlPlaneDb> factory, ServingNow serving, Standing standing, TimeProvider time)
{
    private const int Most = 50;
    private const int MostApprovers = 5;
    private static readonly TimeSpan _shownAlone = TimeSpan.FromDays(7);
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web);

    public async Task<ApprovalsView> ReadAsync(CancellationToken cancel)
    {
        var (me, now) = (await standing.ReadAsync(cancel), await serving.ReadAsync(cancel));
        var awaiting = Decisions.Awaiting(now).Take(Most).ToList();
        await using var db = await factory.CreateDbContextAsync(cancel);
        var grounds = await GroundsAsync(db, now, awaiting, cancel);
        var requests = awaiting.Select(rollout => Request(me, now, rollout, grounds)).ToList();

        var since = time.GetUtcNow() - _shownAlone;
        var alone = await db.Approvals.AsNoTracking().Where(approval => approval.IsBreakGlass && approval.At > since)
            .Join(db.Rollouts, approval => approval.RolloutId, rollout => rollout.Id, (approval, rollout) => new { rollout.Number, approval.Approver, approval.At, approval.Comment })
            .OrderByDescending(row => row.At).Take(Most).ToListAsync(cancel);
        return new(
            me.IsRecent,
            [.. requests.Where(request => request.WhyNot is null)],
            [.. requests.Where(request => request.WhyNot is not null)],
            [.. alone.Select(row => new GivenAlone(row.Number, row.Approver, row.At, row.Comment ?? ""))]);
    }

    private static async Task<Grounds> GroundsAsync(ControlPlaneDb db, ServingSnapshot now, List<Rollout> awaiting, CancellationToken cancel)
    {
        var ids = awaiting.Select(rollout => rollout.Id).ToList();
        var endpoints = awaiting.Select(rollout => rollout.EndpointId).ToList();
        var asked = await db.Decisions.AsNoTracking().Where(row => ids.Contains(row.RolloutId) && (row.Action == "submit" || row.Action == "edit" || row.Action == "advance" || row.Action == "promote"))
            .ToListAsync(cancel);
        var releases = awaiting.SelectMany(rollout => new[] { rollout.ToRelease, now.Endpoints.FirstOrDefault(endpoint => endpoint.Id == rollout.EndpointId)?.StableRelease })
            .OfType<string>().Select(id => now.Releases.GetValueOrDefault(id)).OfType<ReleaseNow>().ToList();
        var (models, numbers) = (releases.Select(release => release.Model).Distinct().ToList(), releases.Select(release => release.Number).Distinct().ToList());
        var versions = await db.Versions.AsNoTracking().Where(version => models.Contains(version.ModelName) && numbers.Contains(version.Number)).ToListAsync(cancel);
        var last = await db.Rollouts.AsNoTracking().Where(rollout => !rollout.IsOpen && endpoints.Contains(rollout.EndpointId)).OrderByDescending(rollout => rollout.Number).Take(200).ToListAsync(cancel);
        var names = Roles.All.Where(role => Permissions.Allows(role, Permission.Approve, isGuarded: true)).Select(role => role.Name()).ToList();
        var people = await db.Users.Where(person => person.DisabledAt == null && names.Contains(person.Role)).OrderBy(person => person.UserName).Select(person => person.UserName!).Take(Most).ToListAsync(cancel);
        var traffic = new Dictionary<EndpointId, StableTraffic?>();
        foreach (var endpoint in now.Endpoints.Where(known => endpoints.Contains(known.Id)))
            traffic[endpoint.Id] = await db.StableTrafficAsync(endpoint, now.At, cancel);
        return new(asked, versions, last, people, traffic);
    }

    private static ApprovalRequest Request(MayDo me, ServingSnapshot now, Rollout rollout, Grounds grounds)
    {
        var endpoint = now.Endpoints.FirstOrDefault(known => known.Id == rollout.EndpointId);
        var (from, to) = (endpoint?.StableRelease is { } stable ? now.Releases.GetValueOrDefault(stable) : null, now.Releases.GetValueOrDefault(rollout.ToRelease));
        var (before, after) = (grounds.VersionOf(from), grounds.VersionOf(to));
        var asked = grounds.Asked.Where(row => row.RolloutId == rollout.Id && row.Attempt == rollout.State.Attempt).MaxBy(row => row.Sequence);
        var last = grounds.Last.FirstOrDefault(known => known.EndpointId == rollout.EndpointId && known.Id != rollout.Id);
        return new(
            rollout.Number,
            rollout.Environment,
            rollout.EndpointName,
            to?.Model ?? "",
            asked?.Actor ?? rollout.CreatedBy,
            asked?.At ?? rollout.CreatedAt,
            from?.Version,
            to?.Version ?? "?",
            PlanWords.Of(rollout.Plan),
            PlanHash.Of(rollout.Plan),
            JsonSerializer.Serialize(rollout.Plan, _json),
            VersionWords.Difference(before, after),
            VersionWords.Metrics(before, after),
            last is null ? null : $"#{last.Number}, {last.State.EnteredAt.UtcDateTime.ToString("d MMM", CultureInfo.InvariantCulture)}: {RolloutMarks.Of(last.Phase.ToString()).Text.ToLowerInvariant()}",
            Preflight.Of(now, endpoint, rollout.Number, before, after),
            [.. grounds.People.Where(person => !rollout.IsAuthor(person)).Take(MostApprovers)],
            Decisions.WhyNot(me, now, rollout),
            rollout.IsAuthor(me.Name),
            rollout.State.IsUnderWay ? rollout.State.Pending ?? rollout.State.Step + 1 : null)
        {
            Exposure = ForecastWords.Of(rollout.Plan, grounds.Traffic.GetValueOrDefault(rollout.EndpointId)),
        };
    }

    private sealed record Grounds(
        IReadOnlyList<RolloutDecision> Asked, IReadOnlyList<ModelVersion> Versions, IReadOnlyList<Rollout> Last, IReadOnlyList<string> People, IReadOnlyDictionary<EndpointId, StableTraffic?> Traffic)
    {
        public ModelVersion? VersionOf(ReleaseNow? release) =>
            release is null ? null : Versions.FirstOrDefault(version => version.ModelName == release.Model && version.Number == release.Number);
    }
}
