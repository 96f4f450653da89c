namespace ControlPlane.Web.Hosting;

/// <summary>Opens once the database is there and of this version. Background work waits here before it first uses it.</summary>
internal sealed class DatabaseGate
{
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsOpen => _open.Task.IsCompleted;

    public Task WaitAsync(CancellationToken cancel) => _open.Task.WaitAsync(cancel);

    public void Open() => _open.TrySetResult();
}
