using System.ComponentModel;
using System.Diagnostics;

namespace Serving.Node.Benchmarks.Load;

/// <summary>A program of the system that is run to its end.</summary>
internal static class Tool
{
    /// <returns>What it wrote to its standard output.</returns>
    /// <exception cref="InvalidOperationException">It is not there.</exception>
    public static async Task<string> RunAsync(string program, string package, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false };
        try
        {
            using var process = Process.Start(start)!;
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return output;
        }
        catch (Win32Exception missing)
        {
            throw new InvalidOperationException($"{program} (Debian package {package}) is needed.", missing);
        }
    }
}
