namespace ControlPlane.Domain.Rollouts.Gates;

/// <summary>The windows that gates read, by number since 1970: ten seconds each unless configured otherwise.</summary>
/// <param name="Length">Above zero.</param>
public readonly record struct GateWindow(TimeSpan Length)
{
    /// <summary>How long after its end a window is complete.</summary>
    public static readonly TimeSpan Wait = TimeSpan.FromSeconds(15);

    public static GateWindow Default { get; } = new(TimeSpan.FromSeconds(10));

    public long Of(DateTimeOffset at) => (long)Math.Floor(at.ToUnixTimeMilliseconds() / Length.TotalMilliseconds);

    public DateTimeOffset StartOf(long window) => DateTimeOffset.UnixEpoch + Time(window);

    /// <summary>The newest window that ended at least <see cref="Wait"/> ago.</summary>
    public long Watermark(DateTimeOffset now) => Of(now - Wait) - 1;

    /// <summary>Windows that a time takes: at least one for any time above zero.</summary>
    public long In(TimeSpan time) => (long)Math.Ceiling(time / Length);

    public TimeSpan Time(long windows) => Length * windows;
}
