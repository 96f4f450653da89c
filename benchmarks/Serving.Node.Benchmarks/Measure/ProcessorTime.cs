using System.Globalization;

namespace Serving.Node.Benchmarks.Measure;

/// <summary>Processor time of a process and all that descend from it, as the kernel counts it (a hundredth of a second is its smallest step).</summary>
internal static class ProcessorTime
{
    private const double TicksPerSecond = 100;

    public static TimeSpan Of(int pid)
    {
        var parents = new Dictionary<int, (int Parent, double Ticks)>();
        foreach (var folder in Directory.GetDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) && Read(id) is { } read)
                parents[id] = read;
        }

        return TimeSpan.FromSeconds(parents.Where(process => IsOrDescends(process.Key)).Sum(process => process.Value.Ticks) / TicksPerSecond);

        bool IsOrDescends(int id) => id == pid || (parents.TryGetValue(id, out var process) && process.Parent > 0 && IsOrDescends(process.Parent));
    }

    private static (int Parent, double Ticks)? Read(int id)
    {
        try
        {
            // The name, in parentheses, may hold anything.
            var text = File.ReadAllText($"/proc/{id}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return (int.Parse(fields[1], CultureInfo.InvariantCulture), double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            return null;
        }
    }
}
