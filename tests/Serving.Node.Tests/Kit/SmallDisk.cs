using System.Diagnostics;
using System.Globalization;

namespace Serving.Node.Tests.Kit;

/// <summary>A disk of a few megabytes, where the system allows it to be mounted.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private SmallDisk(string path) => Path = path;

    public string Path { get; }

    public static SmallDisk? TryMount(string path, int megabytes)
    {
        Directory.CreateDirectory(path);
        try
        {
            using var mount = Process.Start(new ProcessStartInfo("mount", ["-t", "tmpfs", "-o", string.Create(CultureInfo.InvariantCulture, $"size={megabytes}m"), "tmpfs", path]) { RedirectStandardError = true })!;
            return mount.WaitForExit(TimeSpan.FromSeconds(10)) && mount.ExitCode == 0 ? new SmallDisk(path) : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    /// <summary>Takes all that is free.</summary>
    public void Fill()
    {
        using var file = File.Create(System.IO.Path.Combine(Path, "ballast"), 1);
        var block = new byte[4096];
        try
        {
            while (true)
                file.Write(block);
        }
        catch (IOException)
        {
            // That was the last free block.
        }
    }

    public void Empty() => File.Delete(System.IO.Path.Combine(Path, "ballast"));

    public async ValueTask DisposeAsync()
    {
        using var unmount = Process.Start("umount", ["--lazy", Path]);
        await unmount.WaitForExitAsync();
    }
}
