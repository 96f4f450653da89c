using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Identity;

namespace ControlPlane.Web.Hosting;

/// <summary>
/// A browser sends its cookie with whatever another site makes it send, so whoever writes to the interface with a cookie also shows
/// the token in the header <c>RequestVerificationToken</c> (from <c>GET /api/v1/antiforgery</c>). Bearer tokens need none.
/// </summary>
internal sealed class CookieWrites(RequestDelegate next, IAntiforgery antiforgery)
{
    public const string Header = "RequestVerificationToken";

    public async Task InvokeAsync(HttpContext http)
    {
        if (MayBeForged(http) && (http.Request.Headers[Header].Count == 0 || !await antiforgery.IsRequestValidAsync(http)))
        {
            await Problems.WriteAsync(http, Problems.Details(400, "AntiforgeryRequired", $"A write with a cookie needs the header {Header}. Load the page again, or use a token."));
            return;
        }

        await next(http);
    }

    private static bool MayBeForged(HttpContext http) =>
        http.Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase)
        && !HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method) && !HttpMethods.IsOptions(http.Request.Method)
        && http.User.Identity?.AuthenticationType == IdentityConstants.ApplicationScheme;
}
