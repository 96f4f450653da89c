using ControlPlane.Data;
using ControlPlane.Domain.Nodes;
using ControlPlane.Domain.Releases;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Web.Live;
using Microsoft.EntityFrameworkCore;
using Serving.Contracts.State;
using Endpoint = ControlPlane.Domain.Releases.Endpoint;

namespace ControlPlane.Web.Features.Endpoints;

/// <summary>An endpoint as the API shows it: what was asked for, and what nodes have acknowledged.</summary>
internal sealed class EndpointReader(IDbContextFactory<ControlPlaneDb> factory, Fleet fleet)
{
    public async Task<EndpointAnswer?> GetAsync(string environment, string name, CancellationToken cancel) =>
        (await ReadAsync(endpoints => endpoints.Where(endpoint => endpoint.Environment == environment && endpoint.Name == name), cancel)).FirstOrDefault();

    /// <param name="environment">Null: of all.</param>
    public Task<IReadOnlyList<EndpointAnswer>> ListAsync(string? environment, CancellationToken cancel) =>
        ReadAsync(endpoints => endpoints.Where(endpoint => environment == null || endpoint.Environment == environment), cancel);

    /// <summary>Who changed what is served, newest first.</summary>
    public async Task<IReadOnlyList<object>> ChangesAsync(string environment, string name, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        var rows = await db.Rollouts.AsNoTracking().Where(rollout => rollout.Environment == environment && rollout.EndpointName == name)
            .OrderByDescending(rollout => rollout.Number).Take(100)
            .Join(db.Releases, rollout => rollout.ToRelease, release => release.Id, (rollout, release) => new { rollout, release.Model, release.Version }).ToListAsync(cancel);
        return [.. rows.Select(row => (object)new
        {
            rollout = row.rollout.Number.ToString(), strategy = row.rollout.Plan.Strategy, state = row.rollout.Phase.ToString(), release = row.rollout.ToRelease, model = row.Model,
            version = row.Version.ToString(), by = row.rollout.CreatedBy, at = row.rollout.CreatedAt, endedAt = row.rollout.IsOpen ? (DateTimeOffset?)null : row.rollout.State.EnteredAt,
        })];
    }

    private async Task<IReadOnlyList<EndpointAnswer>> ReadAsync(Func<IQueryable<Endpoint>, IQueryable<Endpoint>> choose, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        var endpoints = await choose(db.Endpoints.AsNoTracking()).OrderBy(endpoint => endpoint.Name).ToListAsync(cancel);
        var ids = endpoints.Select(endpoint => endpoint.Id).ToList();
        var open = await db.Rollouts.AsNoTracking().Where(rollout => rollout.IsOpen && ids.Contains(rollout.EndpointId)).ToListAsync(cancel);
        var environments = await db.Environments.AsNoTracking().ToDictionaryAsync(known => known.Name, cancel);
        var named = endpoints.SelectMany(endpoint => new[] { endpoint.StableRelease, endpoint.PreviousRelease }).Concat(open.Select(rollout => rollout.ToRelease)).OfType<string>().Distinct().ToList();
        var releases = await db.Releases.AsNoTracking().Where(release => named.Contains(release.Id)).ToDictionaryAsync(release => release.Id, cancel);
        var fleets = new Dictionary<string, IReadOnlyList<FleetNode>>(StringComparer.Ordinal);
        foreach (var environment in endpoints.Select(endpoint => endpoint.Environment).Distinct())
            fleets[environment] = await fleet.ReadAsync(db, environment, cancel);
        return [.. endpoints.Select(endpoint => Answer(endpoint, open.Find(rollout => rollout.EndpointId == endpoint.Id && rollout.State.IsUnderWay), environments[endpoint.Environment], releases, fleets[endpoint.Environment]))];
    }

    private static EndpointAnswer Answer(
        Endpoint endpoint, Rollout? rollout, ServingEnvironment environment, Dictionary<string, Release> releases, IReadOnlyList<FleetNode> fleet)
    {
        var nodes = fleet.Where(node => node.Pool == endpoint.Pool && node.IsReachable).ToList();
        return new EndpointAnswer
        {
            Environment = endpoint.Environment,
            Name = endpoint.Name,
            Pool = endpoint.Pool,
            Mode = endpoint.Mode,
            AssignmentKey = endpoint.AssignmentKey,
            SloP99Ms = endpoint.SloP99Ms,
            Arms = [.. Planner.Arms(endpoint, rollout).Select(arm => new ArmAnswer(arm.Name, arm.Release, releases[arm.Release].Model, releases[arm.Release].Version.ToString(), arm.Weight))],
            StableSince = endpoint.StableSince,
            PreviousRelease = endpoint.PreviousRelease,
            Revision = environment.Revision,
            Rollout = rollout is null ? null : new OpenRollout(rollout.Number.ToString(), rollout.Plan.Strategy, rollout.Phase.ToString(), rollout.ToRelease, rollout.State.Reason ?? rollout.Condition),
            Nodes = nodes.Count,
            Acknowledged = nodes.Count(node => Convergence.HasApplied(node.Report!, environment.TimelineId, environment.Revision)),
            Conditions = ConditionsOf(fleet.Where(node => node.Pool == endpoint.Pool), environment),
            Logging = endpoint.Logging,
            Limits = endpoint.Limits,
            Cache = endpoint.Cache,
            Stamp = endpoint.Stamp,
        };
    }

    /// <summary>What keeps nodes from doing what was asked.</summary>
    private static IReadOnlyList<string> ConditionsOf(IEnumerable<FleetNode> nodes, ServingEnvironment environment) =>
        [.. nodes.Where(node => node.Report is { } report && Convergence.IsAhead(report, environment.TimelineId, environment.Revision))
            .Select(_ => "RevisionRegression").Distinct()];
}

internal sealed record EndpointAnswer
{
    public required string Environment { get; init; }
    public required string Name { get; init; }
    public required string Pool { get; init; }
    public required string Mode { get; init; }
    public string? AssignmentKey { get; init; }
    public double? SloP99Ms { get; init; }
    public required IReadOnlyList<ArmAnswer> Arms { get; init; }
    public DateTimeOffset? StableSince { get; init; }
    public string? PreviousRelease { get; init; }
    public required long Revision { get; init; }
    public OpenRollout? Rollout { get; init; }
    public required int Nodes { get; init; }
    public required int Acknowledged { get; init; }
    public IReadOnlyList<string> Conditions { get; init; } = [];
    public required LoggingState Logging { get; init; }
    public required LimitsState Limits { get; init; }
    public CacheState? Cache { get; init; }
    public required long Stamp { get; init; }
}

internal sealed record ArmAnswer(string Name, string Release, string Model, string Version, int Weight);

internal sealed record OpenRollout(string Id, string Strategy, string State, string Release, string? Reason);
