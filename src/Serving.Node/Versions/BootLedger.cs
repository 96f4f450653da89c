using System.Text.Json;
using System.Text.Json.Serialization;
using Serving.Contracts.Reports;
using Serving.Node.Hosting;

namespace Serving.Node.Versions;

/// <summary>
/// Remembers across crashes which releases were being taken into service. A marker is written before the load and cleared once the release has served for a while.
/// Markers that are there at a start were left behind by a crash; the third crash within ten minutes quarantines the suspect.
/// Crashes of processes that run one release only are counted with them. Thread-safe.
/// </summary>
internal sealed class BootLedger
{
    private const int MostCrashes = 3;
    private const int MostProven = 64;
    private static readonly TimeSpan _window = TimeSpan.FromMinutes(10);

    private readonly Lock _sync = new();
    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly LedgerFile _file;

    public BootLedger(NodePaths paths, TimeProvider time)
    {
        _path = paths.Ledger;
        _time = time;
        _file = Read(_path);
        Blame();
    }

    public IReadOnlyList<Quarantine> Quarantined
    {
        get
        {
            lock (_sync)
                return [.. _file.Quarantined.Values];
        }
    }

    public Quarantine? QuarantineOf(string release)
    {
        lock (_sync)
            return _file.Quarantined.GetValueOrDefault(release);
    }

    /// <summary>On disk before the load begins.</summary>
    public void Mark(string release) => Change(() =>
    {
        if (!_file.Marked.Contains(release))
            _file.Marked.Add(release);
        _file.Loading = release;
        return true;
    });

    /// <summary>The load has ended; the release begins to serve, or was refused.</summary>
    public void LoadEnded(string release) => Change(() =>
    {
        if (_file.Loading != release)
            return false;
        _file.Loading = null;
        return true;
    });

    /// <summary>These have served long enough.</summary>
    public void Prove(IEnumerable<string> releases) => Change(() =>
    {
        var proven = releases.Where(_file.Marked.Remove).ToList();
        foreach (var release in proven)
        {
            _file.Crashes.Remove(release);
            _file.Proven.Remove(release);
            _file.Proven.Add(release);
        }

        if (_file.Proven.Count > MostProven)
            _file.Proven.RemoveRange(0, _file.Proven.Count - MostProven);
        return proven.Count > 0;
    });

    /// <summary>This process ends in good order: what it was loading is not to blame for anything.</summary>
    public void Clear() => Change(() =>
    {
        _file.Marked.Clear();
        _file.Loading = null;
        return true;
    });

    public void Quarantine(string release, string reason) => Change(() =>
    {
        _file.Quarantined[release] = new Quarantine(release, reason, _time.GetUtcNow());
        _file.Crashes.Remove(release);
        _file.Marked.Remove(release);
        return true;
    });

    /// <summary>A process that ran nothing but this release has crashed.</summary>
    /// <returns>Whether it was the third time in ten minutes: the release is quarantined now.</returns>
    public bool Crashed(string release)
    {
        var isTooMuch = false;
        Change(() =>
        {
            isTooMuch = Count(release);
            return true;
        });
        return isTooMuch;
    }

    /// <summary>Lets every quarantined release be tried again.</summary>
    public void Forgive() => Change(() =>
    {
        _file.Quarantined.Clear();
        _file.Crashes.Clear();
        return true;
    });

    /// <summary>
    /// Everything loaded before a crash has a marker, so the suspects are told apart: the release whose load did not end; else those that never served long enough; else all.
    /// </summary>
    private void Blame()
    {
        if (_file.Marked.Count == 0)
            return;

        var unproven = _file.Marked.Except(_file.Proven, StringComparer.Ordinal).ToList();
        List<string> suspects = _file.Loading is { } loading ? [loading] : unproven.Count > 0 ? unproven : [.. _file.Marked];
        _file.Marked.Clear();
        _file.Loading = null;
        foreach (var suspect in suspects)
            Count(suspect);
        Change(() => true);
    }

    private bool Count(string release)
    {
        var now = _time.GetUtcNow();
        var crashes = _file.Crashes[release] = [.. _file.Crashes.GetValueOrDefault(release, []).Where(at => at > now - _window), now];
        if (crashes.Count < MostCrashes)
            return false;
        Quarantine(release, RejectionReasons.CrashLoop);
        return true;
    }

    private void Change(Func<bool> change)
    {
        lock (_sync)
        {
            if (change())
                Durable.Write(_path, JsonSerializer.SerializeToUtf8Bytes(_file, LedgerJson.Default.LedgerFile));
        }
    }

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
    /// <summary>Releases taken into memory by this process that have not served long enough yet.</summary>
    public List<string> Marked { get; set => field = value ?? []; } = [];

    /// <summary>When the process was found to have crashed because of a release.</summary>
    public Dictionary<string, List<DateTimeOffset>> Crashes { get; set => field = value ?? []; } = [];

    public Dictionary<string, Quarantine> Quarantined { get; set => field = value ?? []; } = [];

    /// <summary>The release whose load had not ended when the file was written.</summary>
    public string? Loading { get; set; }

    /// <summary>Releases that served long enough once, the latest last.</summary>
    public List<string> Proven { get; set => field = value ?? []; } = [];
}

[JsonSerializable(typeof(LedgerFile))]
internal sealed partial class LedgerJson : JsonSerializerContext;
