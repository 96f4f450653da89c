using System.Diagnostics;
using System.Globalization;

namespace Serving.Node.Inspect;

/// <summary>How a process that loads a model is started: limits on memory, processor time, files, no environment, and no network where the system allows it.</summary>
internal static class ChildCommand
{
    /// <param name="program">This program itself.</param>
    /// <param name="temporary">The child's own folder for temporary files.</param>
    public static ProcessStartInfo Build(string program, IEnumerable<string> arguments, string temporary, ChildLimits limits, bool withoutNetwork)
    {
        List<string> words =
        [
            .. withoutNetwork ? new[] { "unshare", "-rn" } : [],
            .. limits.Nice > 0 ? new[] { "nice", "-n", Text(limits.Nice) } : [],
            .. limits.OnlyIdle ? new[] { "chrt", "-i", "0" } : [],
            "prlimit",
            $"--data={Text(limits.Data)}",
            .. limits.CpuSeconds > 0 ? new[] { $"--cpu={Text(limits.CpuSeconds)}" } : [],
            $"--fsize={Text(ChildLimits.FileSize)}",
            $"--nofile={Text(ChildLimits.Files)}",
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

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

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

/// <param name="Data">Private writable memory, bytes.</param>
/// <param name="CpuSeconds">Processor time; 0: as long as it lives.</param>
/// <param name="Nice">0 to 19: how far everything else on the machine goes first.</param>
/// <param name="OnlyIdle">It runs only while nothing else wants the processor, and whoever wakes up takes it at once.</param>
internal sealed record ChildLimits(long Data, int CpuSeconds, int Nice, bool OnlyIdle = false)
{
    /// <summary>Bytes.</summary>
    public const long FileSize = 1 << 20;

    public const long Files = 256;

    public static ChildLimits Probe { get; } = new(2L << 30, CpuSeconds: 60, Nice: 10);

    public static ChildLimits IdleProbe { get; } = Probe with { OnlyIdle = true };
}
