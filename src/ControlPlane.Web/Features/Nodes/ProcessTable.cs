using System.Globalization;
using System.Text.Json;

namespace ControlPlane.Web.Features.Nodes;

/// <summary>Records of running processes, and whether they still run. Linux.</summary>
internal sealed class ProcessTable(string folder)
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web);

    /// <returns>Null: it was never recorded, or does not run any more.</returns>
    public ProcessRecord? Running(string name)
    {
        try
        {
            var path = PathOf(name);
            var record = File.Exists(path) ? JsonSerializer.Deserialize<ProcessRecord>(File.ReadAllText(path), _json) : null;
            return record is not null && StartTimeOf(record.Pid) == record.StartTime ? record : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public void Write(string name, int pid, int port)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(PathOf(name), JsonSerializer.Serialize(new ProcessRecord(pid, StartTimeOf(pid) ?? 0, port), _json));
    }

    private string PathOf(string name) => Path.Combine(folder, $"{name}.json");

    /// <summary>Clock ticks since boot; null: no such process, or one that has ended and waits to be collected.</summary>
    private static long? StartTimeOf(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            // The name, in parentheses, may hold spaces.
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] == "Z" ? null : long.Parse(fields[19], CultureInfo.InvariantCulture);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
