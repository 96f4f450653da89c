using System.Text.Json;
using System.Text.Json.Serialization;
using Serving.Contracts.Reports;
using Serving.Node.Hosting;

namespace Serving.Node.Versions;

/// <summary>
/// Remembers across crashes which releases were being taken into service. A marker is written before the load and cleared once the release has served for a while;
/// the third marker left behind within ten minutes quarantines the release. Used by one thread at a time.
/// </summary>
internal sealed class BootLedger
{
    private const int MostAttempts = 3;
    private static readonly TimeSpan _window = TimeSpan.FromMinutes(10);

    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly LedgerFile _file;
    private readonly HashSet<string> _mine = new(StringComparer.Ordinal);

    public BootLedger(NodePaths paths, TimeProvider time)
    {
        _path = paths.Ledger;
        _time = time;
        _file = Read(_path);
        QuarantineCrashLoops();
    }

    public IReadOnlyList<Quarantine> Quarantined => [.. _file.Quarantined.Values];

    public Quarantine? QuarantineOf(string release) => _file.Quarantined.GetValueOrDefault(release);

    /// <summary>On disk before the load begins.</summary>
    public void Mark(string release)
    {
        if (!_mine.Add(release))
            return;
        _file.Attempts.GetOrNew(release).Add(_time.GetUtcNow());
        Save();
    }

    /// <summary>The release has served long enough, or this process ends in good order.</summary>
    public void Clear(IEnumerable<string> releases)
    {
        var changed = false;
        foreach (var release in releases.Where(_mine.Contains).ToList())
            changed |= _mine.Remove(release) & _file.Attempts.Remove(release);
        if (changed)
            Save();
    }

    public void Quarantine(string release, string reason)
    {
        _file.Quarantined[release] = new Quarantine(release, reason, _time.GetUtcNow());
        _file.Attempts.Remove(release);
        Save();
    }

    /// <summary>Lets every quarantined release be tried again.</summary>
    public void Forgive()
    {
        _file.Quarantined.Clear();
        _file.Attempts.Clear();
        Save();
    }

    private void QuarantineCrashLoops()
    {
        var since = _time.GetUtcNow() - _window;
        foreach (var (release, attempts) in _file.Attempts.ToList())
        {
            attempts.RemoveAll(at => at < since);
            if (attempts.Count >= MostAttempts)
                Quarantine(release, RejectionReasons.CrashLoop);
        }
    }

    private void Save() => Durable.Write(_path, JsonSerializer.SerializeToUtf8Bytes(_file, LedgerJson.Default.LedgerFile));

    private static LedgerFile Read(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), LedgerJson.Default.LedgerFile) ?? new() : new();
        }
        catch (JsonException)
        {
            return new();
        }
    }
}

internal sealed class LedgerFile
{
    public Dictionary<string, List<DateTimeOffset>> Attempts { get; set; } = [];

    public Dictionary<string, Quarantine> Quarantined { get; set; } = [];
}

internal static class LedgerExtensions
{
    public static List<DateTimeOffset> GetOrNew(this Dictionary<string, List<DateTimeOffset>> attempts, string release) =>
        attempts.TryGetValue(release, out var known) ? known : attempts[release] = [];
}

[JsonSerializable(typeof(LedgerFile))]
internal sealed partial class LedgerJson : JsonSerializerContext;
