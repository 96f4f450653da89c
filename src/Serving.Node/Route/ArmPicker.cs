using Serving.Contracts.State;
using Serving.Node.Versions;

namespace Serving.Node.Route;

/// <summary>Which arm of an endpoint answers a unit: the same unit, the same arm, on any node.</summary>
internal static class ArmPicker
{
    /// <param name="endpoint">Has one arm at least.</param>
    /// <param name="unit">Assignment key of the caller, or the request id.</param>
    public static ServedArm Pick(ServedEndpoint endpoint, ReadOnlySpan<char> unit)
    {
        var arms = endpoint.Arms;
        if (arms.Length == 1)
            return arms[0];

        var bucket = Bucket.Of(endpoint.State.Salt, unit);
        foreach (var arm in arms)
        {
            if (bucket < arm.Upper)
                return arm;
        }

        return arms[^1];
    }
}
