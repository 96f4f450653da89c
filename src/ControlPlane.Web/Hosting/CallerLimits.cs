using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.StaticAssets;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Hosting;

/// <summary>
/// How often one caller may ask: a person or token by what it is, everybody else by address. Files of pages are free, and so is what nodes and gateways
/// ask: a thousand of them may stand behind one address, and their credential is looked at later.
/// </summary>
internal sealed class CallerLimits(IOptions<LimitOptions> limits) : IConfigureOptions<RateLimiterOptions>
{
    /// <summary>Policy of what may have to be drawn.</summary>
    public const string Charts = "charts";

    private const int WithoutHint = 60;
    private static readonly string[] _nodePaths = ["/node", "/hubs"];

    public void Configure(RateLimiterOptions options)
    {
        options.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        options.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(PartitionOf);
        options.AddPolicy(Charts, http => Bucket($"charts of {CallerOf(http)}", limits.Value.ChartsPerMinute));
        options.OnRejected = (rejected, cancel) => new ValueTask(RefuseAsync(rejected, cancel));
    }

    /// <summary>Where a request comes from. Whoever has one address of IPv6 has 2^64 of them, so these count as one.</summary>
    public static string AddressOf(HttpContext http)
    {
        if (http.Connection.RemoteIpAddress is not { } address)
            return "local";
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address.ToString();

        var bytes = address.GetAddressBytes();
        Array.Clear(bytes, 8, 8);
        return $"{new IPAddress(bytes)}/64";
    }

    private RateLimitPartition<string> PartitionOf(HttpContext http)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<StaticAssetDescriptor>() is not null
            || Array.Exists(_nodePaths, path => http.Request.Path.StartsWithSegments(path, StringComparison.OrdinalIgnoreCase)))
            return RateLimitPartition.GetNoLimiter("free");
        return Bucket(CallerOf(http), IsKnown(http) ? limits.Value.SignedInPerMinute : limits.Value.AnonymousPerMinute);
    }

    /// <summary>A minute's worth may come at once; then it fills up second by second.</summary>
    private static RateLimitPartition<string> Bucket(string caller, int perMinute) => RateLimitPartition.GetTokenBucketLimiter(caller, _ => new TokenBucketRateLimiterOptions
    {
        TokenLimit = perMinute,
        TokensPerPeriod = Math.Max(1, perMinute / 60),
        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        QueueLimit = 0,
    });

    private static bool IsKnown(HttpContext http) => http.User.Identity is { IsAuthenticated: true };

    private static string CallerOf(HttpContext http)
    {
        if (!IsKnown(http))
            return $"address {AddressOf(http)}";
        var actor = http.User.Actor();
        return actor.Token is { } token ? $"token {token.Value}" : $"person {actor.Name}";
    }

    private static Task RefuseAsync(OnRejectedContext rejected, CancellationToken cancel)
    {
        var http = rejected.HttpContext;
        var seconds = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? Math.Max(1, (int)Math.Ceiling(after.TotalSeconds)) : WithoutHint;
        var text = $"Too many requests came from {(IsKnown(http) ? "you" : "your address")}. Serving is not affected. Wait {seconds} s, then try again.";
        http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        if (!Requests.IsForPeople(http))
            return Problems.WriteAsync(http, Problems.Details(StatusCodes.Status429TooManyRequests, "TooManyRequests", text));

        // The page for errors asks for a sign-in, and so for one more request.
        http.Response.ContentType = "text/plain; charset=utf-8";
        return http.Response.WriteAsync(text, cancel);
    }
}
