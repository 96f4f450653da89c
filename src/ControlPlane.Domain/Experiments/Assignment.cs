using Serving.Contracts.State;

namespace ControlPlane.Domain.Experiments;

/// <summary>Why a unit is where it is.</summary>
/// <param name="Bucket">0 to 9 999.</param>
public sealed record Assignment(int Bucket, string Arm, string Release)
{
    /// <summary>As nodes do it; looking counts as no exposure.</summary>
    /// <param name="arms">In the order of the desired state; weights sum to 10 000.</param>
    /// <returns>Null: nothing is served.</returns>
    public static Assignment? Explain(string salt, string unit, IReadOnlyList<ArmState> arms)
    {
        var bucket = Serving.Contracts.State.Bucket.Of(salt, unit);
        var upTo = 0;
        foreach (var arm in arms)
        {
            upTo += arm.Weight;
            if (bucket < upTo)
                return new(bucket, arm.Name, arm.Release);
        }

        return null;
    }
}
