using System.Diagnostics;

namespace ControlPlane.Web.Features.Registry;

/// <summary>How the inspection is started: bounded memory, processor time and files, no environment, no network where the system allows it.</summary>
internal static class InspectCommandLine
{
    private const int CpuSeconds = 60;
    private const long LargestFile = 1 << 20;
    private const int MostFiles = 256;

    public static ProcessStartInfo Of(InspectOptions options, string folder, string temporary, bool withoutNetwork) =>
        new("/usr/bin/env", ["-i", .. Environment(temporary), .. withoutNetwork ? new[] { "unshare", "-rn" } : [], .. Limits(options), "--", options.Program(), "inspect", folder])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = temporary,
        };

    private static string[] Limits(InspectOptions options) =>
        ["prlimit", $"--data={options.InspectMemory}", $"--cpu={CpuSeconds}", $"--fsize={LargestFile}", $"--nofile={MostFiles}"];

    private static IEnumerable<string> Environment(string temporary)
    {
        yield return $"PATH={System.Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin"}";
        yield return $"HOME={temporary}";
        yield return $"TMPDIR={temporary}";
        // The managed heap stays far below the limit on data: managed code then fails cleanly and native code has the rest.
        yield return "DOTNET_GCHeapHardLimit=0x10000000";
        // The guard against writable code maps a file larger than the limit on file sizes.
        yield return "DOTNET_EnableWriteXorExecute=0";
        yield return "DOTNET_gcServer=0";
        yield return "DOTNET_EnableDiagnostics=0";
        if (System.Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } root)
            yield return $"DOTNET_ROOT={root}";
    }
}
