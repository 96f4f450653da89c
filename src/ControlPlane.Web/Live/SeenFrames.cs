namespace ControlPlane.Web.Live;

/// <summary>Which frames of which node process were counted already. Thread-safe; remembers the last 4 096 of each session and forgets sessions that are silent for an hour.</summary>
internal sealed class SeenFrames(TimeProvider time)
{
    private const int Remembered = 4_096;
    private const int MostSessions = 20_000;

    private static readonly TimeSpan _forgotten = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Session> _sessions = new(StringComparer.Ordinal);

    /// <summary>Notes a frame.</summary>
    /// <returns>False: it was counted before, or is so old that nobody can tell.</returns>
    public bool IsNew(string session, long seq)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            if (!_sessions.TryGetValue(session, out var known))
            {
                if (_sessions.Count >= MostSessions)
                    Forget(now);
                _sessions[session] = known = new Session();
            }

            known.LastHeard = now;
            return known.Note(seq);
        }
    }

    private void Forget(long now)
    {
        foreach (var silent in _sessions.Where(pair => time.GetElapsedTime(pair.Value.LastHeard, now) > _forgotten).Select(pair => pair.Key).ToList())
            _sessions.Remove(silent);
        // Tens of thousands of live sessions are no fleet this process can hold: the one silent for longest goes.
        if (_sessions.Count >= MostSessions)
            _sessions.Remove(_sessions.MinBy(pair => pair.Value.LastHeard).Key);
    }

    private sealed class Session
    {
        private readonly ulong[] _bits = new ulong[Remembered / 64];
        private long _highest = -1;

        public long LastHeard { get; set; }

        public bool Note(long seq)
        {
            if (seq < 0 || seq <= _highest - Remembered)
                return false;

            if (seq > _highest)
            {
                for (var skipped = Math.Max(_highest + 1, seq - Remembered + 1); skipped <= seq; skipped++)
                    Set(skipped, false);
                _highest = seq;
            }

            if (IsSet(seq))
                return false;
            Set(seq, true);
            return true;
        }

        private bool IsSet(long seq) => (_bits[seq % Remembered / 64] & (1UL << (int)(seq % 64))) != 0;

        private void Set(long seq, bool value)
        {
            ref var word = ref _bits[seq % Remembered / 64];
            word = value ? word | (1UL << (int)(seq % 64)) : word & ~(1UL << (int)(seq % 64));
        }
    }
}
