namespace Serving.Contracts;

/// <summary>The oldest runtimes that may be run: older ones have holes that no code above them closes.</summary>
public static class RuntimeFloor
{
    /// <summary>Takes a configuration from the model file itself: whoever uploads a model would set up the runtime.</summary>
    public const string ConfigurationFromModel = "ORT_LOAD_CONFIG_FROM_MODEL";

    /// <summary>Older ones let models read files outside their folder.</summary>
    public static Version OldestOnnxRuntime { get; } = new(1, 24, 3);

    /// <param name="webServer">Version of ASP.NET Core, such as <c>10.0.12</c>, with or without a suffix.</param>
    /// <returns>Why it must not be run, or null.</returns>
    public static string? WhyNotWebServer(string? webServer)
    {
        if (VersionOf(webServer) is not { } version)
            return $"The version of ASP.NET Core cannot be told ('{webServer}').";
        var oldest = version.Major switch { < 8 => new Version(8, 0, 21), 8 => new Version(8, 0, 21), 9 => new Version(9, 0, 10), _ => new Version(10, 0, 0) };
        return version < oldest ? $"ASP.NET Core {version} lets requests be smuggled past proxies (CVE-2025-55315). Install {oldest} or later." : null;
    }

    /// <param name="onnxRuntime">As the library itself says it.</param>
    /// <param name="variable">Reads a variable of the environment.</param>
    /// <returns>Why it must not be run, or null.</returns>
    public static string? WhyNotModelRuntime(string? onnxRuntime, Func<string, string?> variable)
    {
        if (VersionOf(onnxRuntime) is not { } version)
            return $"The version of ONNX Runtime cannot be told ('{onnxRuntime}').";
        if (version < OldestOnnxRuntime)
            return $"ONNX Runtime {version} lets models read files outside their folder. Install {OldestOnnxRuntime} or later.";
        return string.IsNullOrEmpty(variable(ConfigurationFromModel)) ? null : $"{ConfigurationFromModel} is set: models would configure the runtime that runs them. Remove it.";
    }

    private static Version? VersionOf(string? text) => Version.TryParse(text?.Split('-', '+')[0], out var version) && version.Build >= 0 ? version : null;
}
