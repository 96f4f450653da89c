namespace ControlPlane.Demo;

/// <summary>Endpoints of production that the demo makes and asks.</summary>
internal static class DemoEndpoints
{
    public const string Fraud = "fraud";
    public const string Checkout = "checkout";

    public static IReadOnlyList<string> All { get; } = [Fraud, Checkout];
}
