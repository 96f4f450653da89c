using System.Diagnostics;

namespace ControlPlane.Web.Hosting;

/// <summary>What every answer carries: its trace id, and what keeps a browser from doing more than it was asked.</summary>
internal sealed class ResponseHeaders(RequestDelegate next)
{
    // Styles only may be inline: the component library sizes its elements that way. Nothing comes from another host.
    private const string ContentSecurityPolicy =
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
        + "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    public Task InvokeAsync(HttpContext http)
    {
        var headers = http.Response.Headers;
        Set(http);
        // The exception handler clears what was set before; what an endpoint set itself stays.
        http.Response.OnStarting(static state =>
        {
            Set((HttpContext)state);
            return Task.CompletedTask;
        }, http);
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        return next(http);
    }

    private static void Set(HttpContext http)
    {
        var headers = http.Response.Headers;
        headers["X-Trace-Id"] = Activity.Current?.TraceId.ToHexString() ?? http.TraceIdentifier;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        if (headers.ContentSecurityPolicy.Count == 0)
            headers.ContentSecurityPolicy = ContentSecurityPolicy;
        if (headers.CacheControl.Count == 0 && !HttpMethods.IsHead(http.Request.Method) && http.Request.Path.StartsWithSegments("/api"))
            headers.CacheControl = "no-store";
    }
}
