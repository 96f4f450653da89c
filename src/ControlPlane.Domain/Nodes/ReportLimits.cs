using Serving.Contracts.Reports;

namespace ControlPlane.Domain.Nodes;

/// <summary>What a node may say of itself and of its requests. More, or something that cannot be, is refused as a whole.</summary>
public static class ReportLimits
{
    public const int MostFrames = 120;
    public const int MostSeries = 1_000;
    public const int MostReleases = 1_000;

    /// <summary>Characters of a name or id.</summary>
    public const int LongestName = 256;

    /// <summary>Characters of an explanation.</summary>
    public const int LongestText = 8_192;

    /// <summary>What one process cannot count in a second.</summary>
    public const long MostPerSecond = 1_000_000_000;

    /// <summary>
    /// A restored backup lies behind its nodes, so they may hold revisions that it does not know: those are shown as a regression and acknowledge nothing.
    /// No backup is this far behind.
    /// </summary>
    public const long MostAhead = 1_000_000;

    /// <summary>A histogram has so many slots, at 20 bytes each at the most.</summary>
    private const int LongestHistogram = LatencyHistogram.SlotCount * 20;

    /// <summary>Clocks that are wrong by more are wrong altogether.</summary>
    private static readonly TimeSpan _furthest = TimeSpan.FromDays(3_650);

    /// <returns>What is wrong with it, or null.</returns>
    public static string? Defect(Report report, DateTimeOffset now) =>
        report.AppliedRevision < 0 ? "appliedRevision is negative."
        : report.Serving.Count > MostReleases || report.Quarantined.Count > MostReleases ? $"More than {MostReleases} releases."
        : report.Clock - now > _furthest || now - report.Clock > _furthest ? "clock is years off."
        : !AreNames(report.NodeSession, report.TimelineId, report.ContentHash, report.Address, report.Http2Address, report.Source, report.AgentVersion) ? $"A name is longer than {LongestName} characters or holds control characters."
        : report.Serving.Any(served => served is null || !AreNames(served.Release, served.Model, served.Version, served.Digest, served.State)) ? "A served release has an impossible name."
        : report.Quarantined.Any(kept => kept is null || !AreNames(kept.Release) || kept.Reason.Length > LongestText) ? "A quarantined release has an impossible name or reason."
        : report.Rejected is { } rejected && (!AreNames(rejected.Reason, rejected.Release) || rejected.Detail.Length > LongestText) ? "The rejection is too long."
        : null;

    /// <returns>What is wrong with it, or null.</returns>
    public static string? Defect(Frame? frame, DateTimeOffset now)
    {
        if (frame?.Series is null || !AreNames(frame.NodeSession) || frame.Seq < 0)
            return "A frame has an impossible session or number.";
        if (frame.At - now > _furthest || now - frame.At > _furthest)
            return "A frame is years off.";
        if (frame.Series.Count > MostSeries)
            return $"A frame has more than {MostSeries} series.";
        return frame.Series.Any(series => !IsPossible(series)) ? "A series has impossible counts, names or moments." : null;
    }

    private static bool IsPossible(FrameSeries series) =>
        series is not null && AreNames(series.Endpoint, series.Release, series.Arm)
        && IsCount(series.Requests) && IsCount(series.Errors) && IsCount(series.Timeouts) && IsCount(series.Invalid) && IsCount(series.Refused)
        && IsCount(series.Unassigned) && IsCount(series.Rows) && series.InFlight >= 0
        && series.Latency.Length <= LongestHistogram
        && (series.Prediction is not { } moments || (IsCount(moments.Count) && double.IsFinite(moments.Mean) && double.IsFinite(moments.M2) && moments.M2 >= 0));

    private static bool IsCount(long count) => count is >= 0 and <= MostPerSecond;

    private static bool AreNames(params ReadOnlySpan<string?> names)
    {
        foreach (var name in names)
        {
            if (name is not null && (name.Length > LongestName || name.Any(char.IsControl)))
                return false;
        }

        return true;
    }
}
