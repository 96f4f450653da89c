namespace ControlPlane.Web.Tests.Kit;

/// <summary>One control plane for all tests of a class.</summary>
public sealed class SharedControlPlane : IAsyncLifetime
{
    public ControlPlaneProcess Plane { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Plane = await ControlPlaneProcess.StartAsync();

    public ValueTask DisposeAsync() => Plane.DisposeAsync();
}
