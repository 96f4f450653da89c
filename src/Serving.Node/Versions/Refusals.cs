using Serving.Contracts.Reports;

namespace Serving.Node.Versions;

/// <summary>Releases that could not be taken into memory, and when each is tried again: later after every failure, never where it took a process down.</summary>
internal sealed class Refusals(TimeSpan first, TimeProvider time)
{
    private const int MostDoublings = 5;

    private readonly Dictionary<string, Refusal> _refusals = new(StringComparer.Ordinal);

    /// <summary>Releases that are not due yet.</summary>
    public IReadOnlySet<string> Standing =>
        _refusals.Where(pair => !IsDue(pair.Value)).Select(pair => pair.Key).ToHashSet(StringComparer.Ordinal);

    public void Add(ReleaseRefusedException why)
    {
        var times = _refusals.GetValueOrDefault(why.Release)?.Times ?? 0;
        _refusals[why.Release] = new Refusal(why, times + 1, time.GetTimestamp(), first * (1 << Math.Min(times, MostDoublings)));
    }

    public void Forget(string release) => _refusals.Remove(release);

    public void Clear() => _refusals.Clear();

    /// <returns>What to report of the first of these releases that was refused.</returns>
    public Rejection? FirstOf(IEnumerable<string> releases, long revision) =>
        releases.Select(_refusals.GetValueOrDefault).FirstOrDefault(refusal => refusal is not null) is { Why: var why }
            ? new Rejection(revision, why.Reason, why.Message, why.Release)
            : null;

    private bool IsDue(Refusal refusal) => !refusal.Why.Quarantine && time.GetElapsedTime(refusal.At) >= refusal.Pause;

    private sealed record Refusal(ReleaseRefusedException Why, int Times, long At, TimeSpan Pause);
}
