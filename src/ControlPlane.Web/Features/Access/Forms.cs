using Microsoft.AspNetCore.Antiforgery;

namespace ControlPlane.Web.Features.Access;

internal enum FormState
{
    Valid,

    /// <summary>Of ours, but too old.</summary>
    Expired,

    /// <summary>Sent by another site.</summary>
    Foreign,

    /// <summary>Over plain http from another machine, where the browser keeps no secure cookie.</summary>
    NeedsHttps,
}

/// <summary>Where a posted form comes from.</summary>
internal static class Forms
{
    public static async Task<FormState> OfAsync(HttpContext http, IAntiforgery antiforgery)
    {
        if (NeedsHttps(http, http.Request.Headers.Origin.ToString()))
            return FormState.NeedsHttps;
        if (await antiforgery.IsRequestValidAsync(http))
            return FormState.Valid;
        return IsOurs(http) ? FormState.Expired : FormState.Foreign;
    }

    /// <summary>For a page about to show a form. A proxy that ends TLS says so in <c>X-Forwarded-Proto</c>, or the public address does.</summary>
    public static bool NeedsHttps(HttpContext http, bool isPublicHttps) =>
        !isPublicHttps && !string.Equals(http.Request.Headers["X-Forwarded-Proto"], "https", StringComparison.OrdinalIgnoreCase) && NeedsHttps(http, "");

    private static bool NeedsHttps(HttpContext http, string origin)
    {
        // What the browser itself says counts: behind a proxy the request arrives as http either way.
        var isHttps = Uri.TryCreate(origin, UriKind.Absolute, out var from) ? from.Scheme == Uri.UriSchemeHttps : http.Request.IsHttps;
        return !isHttps && !IsThisMachine(http);
    }

    private static bool IsThisMachine(HttpContext http) => http.Request.Host.Host is "localhost" or "127.0.0.1" or "[::1]" or "::1";

    private static bool IsOurs(HttpContext http)
    {
        if (http.Request.Headers["Sec-Fetch-Site"].ToString() is { Length: > 0 } site)
            return site == "same-origin";
        return Uri.TryCreate(http.Request.Headers.Origin.ToString(), UriKind.Absolute, out var from) && from.Authority == http.Request.Host.Value;
    }
}
