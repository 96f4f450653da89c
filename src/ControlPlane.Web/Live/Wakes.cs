using System.Collections.Concurrent;

namespace ControlPlane.Web.Live;

/// <summary>Wakes a loop before its time. A wake that nobody waits for yet is kept, so none is lost.</summary>
internal sealed class Wakes
{
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _doors = new(StringComparer.Ordinal);

    public void Wake(string loop)
    {
        var door = Door(loop);
        if (door.CurrentCount == 0)
            door.Release();
    }

    public Task WaitAsync(string loop, TimeSpan longest, CancellationToken cancel) => Door(loop).WaitAsync(longest, cancel);

    private SemaphoreSlim Door(string loop) => _doors.GetOrAdd(loop, _ => new SemaphoreSlim(0, int.MaxValue));
}
