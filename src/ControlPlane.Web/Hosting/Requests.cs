namespace ControlPlane.Web.Hosting;

/// <summary>What kind of caller a request comes from.</summary>
internal static class Requests
{
    private static readonly string[] _machinePaths = ["/api", "/node", "/hubs", "/healthz", "/openapi", "/metrics"];

    /// <summary>Pages and forms; everything under <c>/api</c>, <c>/node</c> and the like is for programs.</summary>
    public static bool IsForPeople(HttpContext http) => !Array.Exists(_machinePaths, path => http.Request.Path.StartsWithSegments(path, StringComparison.OrdinalIgnoreCase));
}
