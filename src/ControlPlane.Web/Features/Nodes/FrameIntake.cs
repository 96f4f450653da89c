using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.RateLimiting;
using ControlPlane.Data;
using ControlPlane.Domain.Nodes;
using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Live;
using Microsoft.EntityFrameworkCore;
using Serving.Contracts;
using Serving.Contracts.Reports;
using Serving.Contracts.State;

namespace ControlPlane.Web.Features.Nodes;

/// <summary>
/// What nodes say of themselves and measure, taken only as far as it can be true: of their own environment and pool, within limits, at a bounded rate.
/// One that lies harms its own endpoints' figures, never another's. Thread-safe.
/// </summary>
internal sealed class FrameIntake(IDbContextFactory<ControlPlaneDb> factory, NodeReports reports, Frames frames, NodeCredentials credentials, TimeProvider time) : IDisposable
{
    public const long LongestReport = 2 << 20;

    private const string Denied = "node.denied";
    private const int MessagesPerSecond = 20;
    private const int MessagesAtOnce = 120;
    private const int LookUpsPerMessage = 16;
    private const int MostKnown = 20_000;

    private static readonly Refusal _tooMany = new("TooManyRequests", $"More than {MessagesPerSecond} messages a second. They are not taken; what the node serves is not affected.", RefusalKind.Overloaded);

    private readonly PartitionedRateLimiter<Guid> _rate = PartitionedRateLimiter.Create<Guid, Guid>(node => RateLimitPartition.GetTokenBucketLimiter(
        node, _ => new TokenBucketRateLimiterOptions { TokenLimit = MessagesAtOnce, TokensPerPeriod = MessagesPerSecond, ReplenishmentPeriod = TimeSpan.FromSeconds(1), QueueLimit = 0, AutoReplenishment = true }));

    private readonly ConcurrentDictionary<(string Environment, string Pool, string Endpoint), byte> _endpoints = new();
    private readonly ConcurrentDictionary<string, byte> _releases = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _revisions = new(StringComparer.Ordinal);

    public Task<Refusal?> ReportAsync(NodeCaller caller, byte[] utf8, CancellationToken cancel)
    {
        if (utf8.Length > LongestReport)
            return DenyAsync(caller, new Refusal("TooLarge", $"A report has at most {LongestReport >> 20} MiB.", RefusalKind.TooLarge), cancel);
        return Parse(utf8, ContractsJson.Default.Report) is { } report ? ReportAsync(caller, report, cancel) : DenyAsync(caller, Refusal.Invalid("report", "This report could not be read."), cancel);
    }

    public async Task<Refusal?> ReportAsync(NodeCaller caller, Report report, CancellationToken cancel)
    {
        if (IsTooFast(caller))
            return await DenyAsync(caller, _tooMany, cancel);
        if (ReportLimits.Defect(report, time.GetUtcNow()) is { } defect)
            return await DenyAsync(caller, new Refusal("ImpossibleReport", defect, RefusalKind.Unprocessable, "report"), cancel);
        if (report.AppliedRevision > ReportLimits.MostAhead && await IsFutureAsync(caller.Environment, report.AppliedRevision, cancel))
            return await DenyAsync(caller, new Refusal("FutureRevision", $"Revision {report.AppliedRevision} of {caller.Environment} cannot have existed.", RefusalKind.Unprocessable, "appliedRevision"), cancel);

        var id = new NodeId(caller.Id);
        await credentials.HearAsync(id, caller.Name, report.NodeSession, cancel);
        reports.Take(id, report);
        return null;
    }

    public async Task<Refusal?> FramesAsync(NodeCaller caller, byte[] utf8, CancellationToken cancel)
    {
        if (IsTooFast(caller))
            return await DenyAsync(caller, _tooMany, cancel);
        if (Parse(utf8, ContractsJson.Default.FrameArray) is not { Length: <= ReportLimits.MostFrames } all)
            return await DenyAsync(caller, Refusal.Invalid("frames", $"These frames could not be read, or there are more than {ReportLimits.MostFrames}."), cancel);
        var now = time.GetUtcNow();
        if (all.Select(frame => ReportLimits.Defect(frame, now)).FirstOrDefault(found => found is not null) is { } defect)
            return await DenyAsync(caller, new Refusal("ImpossibleFrame", defect, RefusalKind.Unprocessable, "frames"), cancel);

        var lookUps = LookUpsPerMessage;
        string? foreign = null;
        foreach (var frame in all)
        {
            var own = new List<FrameSeries>(frame.Series.Count);
            foreach (var series in frame.Series)
            {
                if (await IsOwnAsync(caller, series, () => lookUps-- > 0, cancel))
                    own.Add(series);
                else
                    foreign = series.Endpoint;
            }

            frames.Take(caller.Environment, new NodeId(caller.Id), frame with { Series = own });
        }

        return foreign is null ? null : await DenyAsync(caller, new Refusal("NotAssigned", $"{caller.Environment}/{foreign} is not served by pool {caller.Pool}, or the release does not exist.", RefusalKind.Forbidden), cancel);
    }

    public void Dispose() => _rate.Dispose();

    private static T? Parse<T>(byte[] utf8, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(utf8, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private bool IsTooFast(NodeCaller caller)
    {
        using var lease = _rate.AttemptAcquire(caller.Id);
        return !lease.IsAcquired;
    }

    private async Task<bool> IsOwnAsync(NodeCaller caller, FrameSeries series, Func<bool> mayAsk, CancellationToken cancel)
    {
        if (series.Arm is not (ArmState.Stable or ArmState.Candidate or ArmState.Direct))
            return false;
        var endpoint = (caller.Environment, caller.Pool, series.Endpoint);
        if (_endpoints.ContainsKey(endpoint) && _releases.ContainsKey(series.Release))
            return true;
        if (!mayAsk())
            return false;

        // Only what exists is remembered, so a node cannot fill the memory with what it makes up.
        await using var db = await factory.CreateDbContextAsync(cancel);
        if (!await db.Endpoints.AnyAsync(known => known.Environment == caller.Environment && known.Pool == caller.Pool && known.Name == series.Endpoint, cancel)
            || !await db.Releases.AnyAsync(known => known.Id == series.Release, cancel))
        {
            return false;
        }

        if (_endpoints.Count >= MostKnown || _releases.Count >= MostKnown)
        {
            _endpoints.Clear();
            _releases.Clear();
        }

        _endpoints[endpoint] = 0;
        _releases[series.Release] = 0;
        return true;
    }

    private async Task<bool> IsFutureAsync(string environment, long revision, CancellationToken cancel)
    {
        if (revision <= _revisions.GetValueOrDefault(environment) + ReportLimits.MostAhead)
            return false;
        await using var db = await factory.CreateDbContextAsync(cancel);
        _revisions[environment] = await db.Environments.Where(known => known.Name == environment).Select(known => known.Revision).SingleAsync(cancel);
        return revision > _revisions[environment] + ReportLimits.MostAhead;
    }

    private async Task<Refusal?> DenyAsync(NodeCaller caller, Refusal refusal, CancellationToken cancel)
    {
        await credentials.DenyAsync(new NodeId(caller.Id), caller.Name, Denied, $"{refusal.Code}: {refusal.Message}", cancel);
        return refusal;
    }
}
