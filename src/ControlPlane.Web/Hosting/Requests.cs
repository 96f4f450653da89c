using System.Net;
using Microsoft.AspNetCore.Diagnostics;

namespace ControlPlane.Web.Hosting;

/// <summary>What kind of caller a request comes from.</summary>
internal static class Requests
{
    private static readonly string[] _machinePaths = ["/api", "/node", "/hubs", "/healthz", "/openapi", "/metrics"];

    /// <summary>The first is what is left of the second once a known proxy was believed.</summary>
    private static readonly string[] _throughProxies = ["X-Original-For", "X-Forwarded-For", "Forwarded"];

    /// <summary>From this machine itself. What came through a proxy came from elsewhere, however near the proxy is.</summary>
    public static bool IsFromHere(HttpContext http) =>
        http.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address)
        && !Array.Exists(_throughProxies, http.Request.Headers.ContainsKey);

    /// <summary>Pages and forms; everything under <c>/api</c>, <c>/node</c> and the like is for programs.</summary>
    public static bool IsForPeople(HttpContext http)
    {
        // While an error is answered the request already bears the address of the error page.
        PathString asked = http.Features.Get<IExceptionHandlerPathFeature>()?.Path ?? http.Request.Path;
        return !Array.Exists(_machinePaths, path => asked.StartsWithSegments(path, StringComparison.OrdinalIgnoreCase));
    }
}
