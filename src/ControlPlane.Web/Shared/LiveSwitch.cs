namespace ControlPlane.Web.Shared;

/// <summary>Whether the pages of one person's tab follow what happens or stand still. Scoped to the circuit.</summary>
public sealed class LiveSwitch
{
    public event EventHandler? Changed;

    public bool IsPaused { get; private set; }

    public void Toggle()
    {
        IsPaused = !IsPaused;
        Changed?.Invoke(this, EventArgs.Empty);
    }
}
