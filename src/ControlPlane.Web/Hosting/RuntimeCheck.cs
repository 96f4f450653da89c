using System.Reflection;
using Serving.Contracts;

namespace ControlPlane.Web.Hosting;

/// <summary>Refuses to start on a web server with known holes.</summary>
internal static class RuntimeCheck
{
    /// <exception cref="InvalidOperationException">ASP.NET Core is too old.</exception>
    public static void Require()
    {
        var webServer = typeof(WebApplication).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        if (RuntimeFloor.WhyNotWebServer(webServer) is { } why)
            throw new InvalidOperationException(why);
    }
}
