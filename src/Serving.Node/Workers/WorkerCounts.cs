namespace Serving.Node.Workers;

/// <summary>What befell the workers of one release. One writer, any readers.</summary>
internal sealed class WorkerCounts
{
    public long Crashes;

    /// <summary>Runs that did not end when they were told to; they count as crashes as well.</summary>
    public long Hangs;

    /// <summary>Replaced because of their memory.</summary>
    public long Recycled;

    /// <summary>Started after the first.</summary>
    public long Restarts;
}
