using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace ControlPlane.Web.Charts;

/// <summary>Which chart of what and over which time, as its address says.</summary>
/// <param name="Kind">First part of the file name: <c>latency</c>, <c>errors</c>, <c>requests</c>.</param>
/// <param name="Endpoint"><c>environment/name</c>.</param>
public sealed record ChartRequest(string Kind, string Endpoint, DateTimeOffset From, DateTimeOffset To)
{
    public TimeSpan Span => To - From;

    /// <summary>How often the picture changes; the end of the time is cut to this, so that equal questions have equal answers.</summary>
    public TimeSpan Bucket => BucketOf(Span);

    /// <returns>Null when the address makes no sense.</returns>
    public static ChartRequest? Of(string kind, IQueryCollection query, DateTimeOffset now)
    {
        var endpoint = query["endpoint"].ToString();
        if (endpoint.Split('/') is not [{ Length: > 0 }, { Length: > 0 }])
            return null;

        if (Instant(query["from"]) is { } from && Instant(query["to"]) is { } to)
            return from < to && to - from <= ChartRange.Longest ? new(kind, endpoint, from, to) : null;

        return Last(kind, endpoint, ChartRange.Of(query["range"]).Span, now);
    }

    public static ChartRequest Last(string kind, string endpoint, TimeSpan span, DateTimeOffset now)
    {
        var bucket = BucketOf(span).Ticks;
        var end = new DateTimeOffset(now.UtcTicks / bucket * bucket, TimeSpan.Zero);
        return new(kind, endpoint, end - span, end);
    }

    private static TimeSpan BucketOf(TimeSpan span) => TimeSpan.FromSeconds(span <= TimeSpan.FromHours(6) ? 15 : 30);

    private static DateTimeOffset? Instant(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at) ? at : null;
}
