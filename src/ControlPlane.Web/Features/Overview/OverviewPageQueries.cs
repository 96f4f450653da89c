using ControlPlane.Data;
using ControlPlane.Domain.Registry;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Web.Shared;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Features.Overview;

/// <summary>What the overview shows beside the endpoints.</summary>
internal sealed class OverviewPageQueries(IDbContextFactory<ControlPlaneDb> factory, ServingNow serving, EndpointsNow endpoints, Standing standing)
{
    private const int MostMine = 20;

    /// <summary>Of what is over and still worth a look.</summary>
    private const int MostOver = 3;

    public async Task<OverviewView> ReadAsync(CancellationToken cancel)
    {
        var me = await standing.ReadAsync(cancel);
        var now = await serving.ReadAsync(cancel);
        var rows = await endpoints.ListAsync(cancel);
        await using var db = await factory.CreateDbContextAsync(cancel);
        var rejected = await db.Versions.Where(version => version.State == VersionState.Rejected && version.ValidatedAt > now.At.AddDays(-1))
            .OrderByDescending(version => version.Number).Select(version => new { version.ModelName, version.Number, version.RejectedReason }).Take(MostOver).ToListAsync(cancel);
        var wentBack = await db.Decisions.AsNoTracking().Where(decision => decision.Action == "rollBack" && decision.At > now.At.AddDays(-1))
            .Join(db.Rollouts.Where(rollout => rollout.Phase == RolloutPhase.RolledBack), decision => decision.RolloutId, rollout => rollout.Id, (decision, rollout) => rollout)
            .Distinct().OrderByDescending(rollout => rollout.Number).Take(MostOver).ToListAsync(cancel);
        var firstReady = await db.Versions.Where(version => version.State == VersionState.Ready).OrderBy(version => version.UploadedAt).Select(version => version.ModelName).FirstOrDefaultAsync(cancel);
        var releases = await db.Releases.CountAsync(cancel);
        var liveNodes = now.Nodes.Where(node => node.Node.RevokedAt is null && node.Node.Kind == "node" && now.IsLive(node.Status)).ToList();

        return new(
            [.. Nodes(now), .. Rollouts(now), .. wentBack.Select(WentBack), .. rows.SelectMany(Limits), .. rejected.Select(version => new AttentionItem("bad", "bad", $"{version.ModelName} v{version.Number} was rejected", version.RejectedReason ?? "A check failed.", "See why", $"models/{version.ModelName}/versions/{version.Number}"))],
            [.. Decisions.Awaiting(now).Where(rollout => Decisions.WhyNot(me, now, rollout) is null).Select(rollout => ToApprove(now, rollout)),
                .. now.Rollouts.Values.Concat(now.Waiting).Where(rollout => rollout.CreatedBy == me.Name).Take(MostMine).Select(rollout => Mine(now, rollout))],
            new(
                firstReady is not null,
                firstReady,
                liveNodes.Count,
                liveNodes.Select(node => node.Node.Name).FirstOrDefault(),
                rows.Count > 0,
                rows.FirstOrDefault(row => row.StableVersion is not null)?.Path,
                rows.Any(row => row.RequestsPerSecond is not null),
                releases > 1,
                now.Environments.Values.Any(environment => environment.IsProtected)));
    }

    private static IEnumerable<AttentionItem> Nodes(ServingSnapshot now)
    {
        foreach (var (node, status) in now.Nodes.Where(node => node.Node.RevokedAt is null).Take(500))
        {
            if (status is null)
                continue;
            if (!now.IsLive(status))
                yield return new("silent", "stale", $"{node.Name} is silent for {Figures.Duration(now.At - status.LastSeen)}", "It goes on with what it has, if it runs. The others carry its load.", "Open node", $"nodes/{node.Name}");
            else if (status.Report.Rejected is { } rejected)
                yield return new("warn", "bad", $"{node.Name} refused revision {rejected.Revision} of {node.Environment}", $"{rejected.Reason}: {rejected.Detail} It keeps serving what it had.", "Open node", $"nodes/{node.Name}");
            else if (status.Report.Quarantined.Count > 0)
                yield return new("warn", "unsure", $"{node.Name} keeps {Figures.Plural(status.Report.Quarantined.Count, "version")} in quarantine", status.Report.Quarantined[0].Reason, "Open node", $"nodes/{node.Name}");
        }
    }

    private static IEnumerable<AttentionItem> Rollouts(ServingSnapshot now) =>
        from rollout in now.Rollouts.Values
        where rollout.Phase is RolloutPhase.Paused or RolloutPhase.Inconclusive || rollout.Condition is not null
        let mark = RolloutMarks.Of(rollout.Phase.ToString())
        select new AttentionItem(mark.Icon, mark.Tone, $"{rollout.Environment}/{rollout.EndpointName}: rollout #{rollout.Number} is {mark.Text.ToLowerInvariant()}", rollout.Condition ?? rollout.State.Reason ?? "Nothing moves until somebody decides.", "Decide", $"rollouts/{rollout.Number}");

    private static AttentionItem WentBack(Rollout rollout) =>
        new("undo", "bad", $"{rollout.Environment}/{rollout.EndpointName}: rollout #{rollout.Number} went back by itself", rollout.State.Reason ?? "A gate was passed.", "See why", $"rollouts/{rollout.Number}");

    private static IEnumerable<AttentionItem> Limits(EndpointNow row)
    {
        if (row.IsSlow)
            yield return new("bad", "bad", $"{row.Path}: p99 over its limit", $"{Figures.Milliseconds(row.P99Ms)} ms, limit {row.LimitP99Ms:0.#} ms. Version v{row.StableVersion}.", "Open", $"endpoints/{row.Path}");
        if (row.HasErrors)
            yield return new("bad", "bad", $"{row.Path}: errors over the limit", $"{Figures.Percent(row.ErrorShare!.Value)} % of the requests fail, limit 1 %. Version v{row.StableVersion}.", "Open", $"endpoints/{row.Path}");
        if (row is { StableVersion: not null, Nodes: 0 })
            yield return new("nodes", "stale", $"{row.Path}: no node serves it", "No node of its pool has joined.", "Join a node", "nodes/join");
    }

    private static AttentionItem ToApprove(ServingSnapshot now, Rollout rollout) => new(
        "approvals", "cand", $"Rollout #{rollout.Number} waits for your approval",
        $"{rollout.Environment}/{rollout.EndpointName}, to v{now.Releases.GetValueOrDefault(rollout.ToRelease)?.Version ?? "?"}, by {rollout.CreatedBy}", "Decide", "approvals");

    private static AttentionItem Mine(ServingSnapshot now, Rollout rollout)
    {
        var mark = RolloutMarks.Of(rollout.Phase.ToString());
        var version = now.Releases.GetValueOrDefault(rollout.ToRelease)?.Version ?? "?";
        return new(mark.Icon, mark.Tone == "prog" ? "cand" : mark.Tone, $"Your rollout #{rollout.Number} is {mark.Text.ToLowerInvariant()}", $"{rollout.Environment}/{rollout.EndpointName}, to v{version}", "Watch", $"rollouts/{rollout.Number}");
    }
}
