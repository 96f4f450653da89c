using System.Diagnostics;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace ControlPlane.Web.Hosting;

/// <summary>What every answer carries: its trace id, and what keeps a browser from doing more than it was asked.</summary>
internal sealed class ResponseHeaders(RequestDelegate next, IOptions<AddressOptions> address)
{
    // Two relaxations: styles may be inline, since the component library sizes its elements that way, and <base href> may name this site.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        + "form-action 'self'; base-uri 'self'; frame-ancestors 'none'; object-src 'none'";

    private const string EverythingElse = "default-src";

    private readonly string? _secureHost = address.Value.IsHttps ? new Uri(address.Value.PublicUrl!).Host : null;

    public Task InvokeAsync(HttpContext http)
    {
        Set(http);
        // The exception handler clears what was set before; what an endpoint set itself stays.
        http.Response.OnStarting(state =>
        {
            var late = (HttpContext)state;
            Set(late);
            // Files of pages say themselves how long they are good; everything else may be about somebody. Not before: forms set their own.
            if (late.Response.Headers.CacheControl.Count == 0)
                late.Response.Headers.CacheControl = "no-store";
            return Task.CompletedTask;
        }, http);
        return next(http);
    }

    private void Set(HttpContext http)
    {
        var headers = http.Response.Headers;
        headers["X-Trace-Id"] = Activity.Current?.TraceId.ToHexString() ?? http.TraceIdentifier;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        // An endpoint may have a stricter policy of its own; what the framework says of frames alone is none.
        if (!headers.ContentSecurityPolicy.Any(policy => policy?.Contains(EverythingElse, StringComparison.Ordinal) == true))
            headers.ContentSecurityPolicy = StringValues.Concat(ContentSecurityPolicy, headers.ContentSecurityPolicy);
        // Behind a proxy that ends TLS the last stretch is plain; it is the public address that counts.
        if (http.Request.IsHttps || (_secureHost is not null && string.Equals(http.Request.Host.Host, _secureHost, StringComparison.OrdinalIgnoreCase)))
            headers.StrictTransportSecurity = "max-age=31536000";
    }
}

/// <summary>Puts the headers around everything, the refusal of foreign host names included.</summary>
internal sealed class ResponseHeadersFirst : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.UseMiddleware<ResponseHeaders>();
        next(app);
    };
}
