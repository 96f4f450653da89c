using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Hosting;

/// <summary>
/// Any site may make a browser open a WebSocket to us, with our cookie, and the framework would answer it. So whoever asks for a live connection and names an
/// origin must name ours: the public address, or the host that was asked for, which is one of the allowed. Programs name none.
/// </summary>
internal sealed class KnownOrigins(RequestDelegate next, IOptions<AddressOptions> address)
{
    private static readonly string[] _livePaths = ["/_blazor", "/hubs"];

    private readonly Uri? _public = address.Value.PublicUrl is { } url ? new Uri(url) : null;

    public Task InvokeAsync(HttpContext http) => !IsLive(http) || IsOurs(http)
        ? next(http)
        : Problems.WriteAsync(http, Problems.Details(StatusCodes.Status403Forbidden, "ForeignOrigin", "Live connections are for pages of this control plane. If you came here by another address, set PublicUrl to it."));

    private static bool IsLive(HttpContext http) =>
        http.Features.Get<IHttpUpgradeFeature>()?.IsUpgradableRequest == true
        || http.Features.Get<IHttpExtendedConnectFeature>()?.IsExtendedConnect == true
        || Array.Exists(_livePaths, path => http.Request.Path.StartsWithSegments(path, StringComparison.OrdinalIgnoreCase));

    private bool IsOurs(HttpContext http)
    {
        var named = http.Request.Headers.Origin;
        if (named.Count == 0)
            return true;
        if (named.Count > 1 || !Uri.TryCreate(named[0], UriKind.Absolute, out var origin) || origin.Scheme is not ("http" or "https"))
            return false;
        return string.Equals(origin.Authority, http.Request.Host.Value, StringComparison.OrdinalIgnoreCase)
            || (_public is not null && Uri.Compare(origin, _public, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0);
    }
}
