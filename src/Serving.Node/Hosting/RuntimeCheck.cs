using System.Reflection;
using Microsoft.ML.OnnxRuntime;
using Serving.Contracts;

namespace Serving.Node.Hosting;

/// <summary>Refuses to start on a runtime with known holes.</summary>
internal static class RuntimeCheck
{
    /// <exception cref="InvalidOperationException">A runtime is too old, or is told to let models configure it.</exception>
    public static void Require()
    {
        var webServer = typeof(WebApplication).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        if ((RuntimeFloor.WhyNotWebServer(webServer) ?? RuntimeFloor.WhyNotModelRuntime(OrtEnv.Instance().GetVersionString(), Environment.GetEnvironmentVariable)) is { } why)
            throw new InvalidOperationException(why);
    }
}
