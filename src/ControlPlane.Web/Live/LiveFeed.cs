using System.Collections.Concurrent;

namespace ControlPlane.Web.Live;

/// <summary>
/// Says that something changed, never what: whoever listens reads again. Within this process; other control planes' changes
/// arrive through whatever brings them here and are published again. Thread-safe.
/// </summary>
public sealed partial class LiveFeed(ILogger<LiveFeed> logger)
{
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<Listener, byte>> _listeners = new(StringComparer.Ordinal);

    /// <param name="topic">One of <see cref="LiveTopics"/>.</param>
    /// <param name="changed">Called on the publisher's thread, so it must only note the change and return.</param>
    public IDisposable Subscribe(string topic, Action changed)
    {
        var listener = new Listener(this, topic, changed);
        _listeners.GetOrAdd(topic, _ => new())[listener] = 0;
        return listener;
    }

    public void Publish(string topic)
    {
        if (!_listeners.TryGetValue(topic, out var listeners))
            return;

        foreach (var listener in listeners.Keys)
        {
            try
            {
                listener.Changed();
            }
            catch (Exception failure)
            {
                LogListenerFailed(failure, topic);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "A listener to {Topic} failed")]
    private partial void LogListenerFailed(Exception failure, string topic);

    private sealed class Listener(LiveFeed feed, string topic, Action changed) : IDisposable
    {
        public Action Changed => changed;

        public void Dispose()
        {
            if (feed._listeners.TryGetValue(topic, out var listeners))
                listeners.TryRemove(this, out _);
        }
    }
}
