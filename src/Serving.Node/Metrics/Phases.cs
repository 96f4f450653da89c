using System.Runtime.InteropServices;

namespace Serving.Node.Metrics;

/// <summary>Where the time of a request, or of many, went. Timestamps of the time provider.</summary>
/// <param name="Input">Receiving and reading.</param>
/// <param name="Queue">Waiting for a run.</param>
/// <param name="Infer">The model itself.</param>
/// <param name="Output">Writing the answer and its record, and sending.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Phases(long Input, long Queue, long Infer, long Output)
{
    public static Phases operator +(Phases one, Phases other) =>
        new(one.Input + other.Input, one.Queue + other.Queue, one.Infer + other.Infer, one.Output + other.Output);
}
