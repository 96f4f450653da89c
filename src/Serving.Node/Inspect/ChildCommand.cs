using System.Diagnostics;
using System.Globalization;

namespace Serving.Node.Inspect;

/// <summary>How a throw-away process is started: limits on memory, processor time, files, no environment, and no network where the system allows it.</summary>
internal static class ChildCommand
{
    private const long MostData = 2L << 30;
    private const int MostCpuSeconds = 60;
    private const long MostFileSize = 1 << 20;
    private const int MostFiles = 256;

    /// <param name="program">This program itself.</param>
    /// <param name="temporary">The child's own folder for temporary files.</param>
    public static ProcessStartInfo Build(string program, IEnumerable<string> arguments, string temporary, bool withoutNetwork)
    {
        List<string> words =
        [
            .. withoutNetwork ? new[] { "unshare", "-rn" } : [],
            "prlimit",
            string.Create(CultureInfo.InvariantCulture, $"--data={MostData}"),
            string.Create(CultureInfo.InvariantCulture, $"--cpu={MostCpuSeconds}"),
            string.Create(CultureInfo.InvariantCulture, $"--fsize={MostFileSize}"),
            string.Create(CultureInfo.InvariantCulture, $"--nofile={MostFiles}"),
            "--",
            .. program.EndsWith(".dll", StringComparison.Ordinal) ? new[] { Environment.ProcessPath!, program } : [program],
            .. arguments,
        ];
        var start = new ProcessStartInfo("/usr/bin/env", ["-i", .. EnvironmentOf(temporary), .. words])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = temporary,
        };
        return start;
    }

    /// <summary>This program, as a child is to be started from it: the executable, or the assembly where the general host runs it.</summary>
    public static string Self() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? typeof(ChildCommand).Assembly.Location : Environment.ProcessPath!;

    private static IEnumerable<string> EnvironmentOf(string temporary)
    {
        yield return $"PATH={Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin"}";
        yield return $"HOME={temporary}";
        yield return $"TMPDIR={temporary}";
        // The heap is kept far below the limit on data, so that managed code fails cleanly and native code has the rest.
        yield return "DOTNET_GCHeapHardLimit=0x10000000";
        // The guard against writable code maps a file larger than the limit on file sizes.
        yield return "DOTNET_EnableWriteXorExecute=0";
        yield return "DOTNET_gcServer=0";
        yield return "DOTNET_TieredPGO=0";
        yield return "DOTNET_EnableDiagnostics=0";
        if (Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } root)
            yield return $"DOTNET_ROOT={root}";
        if (Environment.GetEnvironmentVariable("FAILPOINTS") is { Length: > 0 } armed)
            yield return $"FAILPOINTS={armed}";
    }
}
