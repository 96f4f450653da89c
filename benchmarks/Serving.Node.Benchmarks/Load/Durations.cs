namespace Serving.Node.Benchmarks.Load;

/// <summary>Durations in microseconds, in order.</summary>
internal sealed class Durations
{
    private readonly double[] _sorted;

    private Durations(double[] sorted) => _sorted = sorted;

    public int Count => _sorted.Length;

    public static Durations Of(IEnumerable<double> microseconds) => new([.. microseconds.Order()]);

    /// <summary>The smallest duration that at least this share of all does not exceed; NaN when there is none.</summary>
    /// <param name="share">0 to 1.</param>
    public double At(double share) => _sorted.Length == 0 ? double.NaN : _sorted[Math.Clamp((int)Math.Ceiling(share * _sorted.Length) - 1, 0, _sorted.Length - 1)];
}
