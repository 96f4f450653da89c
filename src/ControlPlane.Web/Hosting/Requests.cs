using Microsoft.AspNetCore.Diagnostics;

namespace ControlPlane.Web.Hosting;

/// <summary>What kind of caller a request comes from.</summary>
internal static class Requests
{
    private static readonly string[] _machinePaths = ["/api", "/node", "/hubs", "/healthz", "/openapi", "/metrics"];

    /// <summary>Pages and forms; everything under <c>/api</c>, <c>/node</c> and the like is for programs.</summary>
    public static bool IsForPeople(HttpContext http)
    {
        // While an error is answered the request already bears the address of the error page.
        PathString asked = http.Features.Get<IExceptionHandlerPathFeature>()?.Path ?? http.Request.Path;
        return !Array.Exists(_machinePaths, path => asked.StartsWithSegments(path, StringComparison.OrdinalIgnoreCase));
    }
}
