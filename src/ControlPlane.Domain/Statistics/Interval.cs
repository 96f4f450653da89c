namespace ControlPlane.Domain.Statistics;

/// <param name="Low">-∞ where there is no bound.</param>
/// <param name="High">+∞ where there is no bound.</param>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
public readonly record struct Interval(double Low, double High)
{
    public bool Contains(double value) => value >= Low && value <= High;
}
