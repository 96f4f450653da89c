using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;

namespace Testing.Load;

/// <summary>
/// Sends requests at a constant rate whether or not answers come (so a slow server meets a queue, not a patient client), and writes down every one.
/// </summary>
public sealed class OpenLoopLoad : IAsyncDisposable
{
    private static readonly MediaTypeHeaderValue _json = new("application/json");

    private readonly HttpClient _client;
    private readonly Func<int, (string Url, byte[] Body)> _next;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<SentRequest> _history = new();
    private readonly ConcurrentDictionary<Task, byte> _open = new();
    private readonly Task _sending;

    private OpenLoopLoad(double perSecond, Func<int, (string Url, byte[] Body)> next, TimeSpan timeout)
    {
        _next = next;
        _client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 256 }) { Timeout = timeout };
        _sending = Task.Factory.StartNew(() => Send(perSecond), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public IReadOnlyCollection<SentRequest> History => _history;

    public static OpenLoopLoad Start(double perSecond, string url, byte[] body, TimeSpan? timeout = null) =>
        new(perSecond, _ => (url, body), timeout ?? TimeSpan.FromSeconds(30));

    public static OpenLoopLoad Start(double perSecond, Func<int, (string Url, byte[] Body)> next, TimeSpan? timeout = null) =>
        new(perSecond, next, timeout ?? TimeSpan.FromSeconds(30));

    /// <summary>Sends no more and waits for the answers under way.</summary>
    public async Task<IReadOnlyList<SentRequest>> StopAsync()
    {
        await _stop.CancelAsync();
        await _sending;
        await Task.WhenAll(_open.Keys);
        return [.. _history];
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _client.Dispose();
        _stop.Dispose();
    }

    private void Send(double perSecond)
    {
        var watch = Stopwatch.StartNew();
        for (var number = 0; !_stop.IsCancellationRequested; number++)
        {
            var wait = TimeSpan.FromSeconds(number / perSecond) - watch.Elapsed;
            if (wait > TimeSpan.Zero)
                _stop.Token.WaitHandle.WaitOne(wait);

            var one = SendOneAsync(number, watch.Elapsed);
            _open[one] = 0;
            _ = one.ContinueWith(done => _open.TryRemove(done, out _), TaskScheduler.Default);
        }
    }

    private async Task SendOneAsync(int number, TimeSpan at)
    {
        await Task.Yield();
        var (url, body) = _next(number);
        var began = Stopwatch.GetTimestamp();
        try
        {
            using var content = new ByteArrayContent(body) { Headers = { ContentType = _json } };
            using var answer = await _client.PostAsync(url, content);
            var text = await answer.Content.ReadAsStringAsync();
            _history.Enqueue(new SentRequest(
                number, at, (int)answer.StatusCode, Header(answer, "X-Release"), Header(answer, "X-Model-Version"),
                Stopwatch.GetElapsedTime(began), text));
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException or IOException)
        {
            _history.Enqueue(new SentRequest(number, at, 0, null, null, Stopwatch.GetElapsedTime(began), failure.ToString()));
        }
    }

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? string.Join(',', values) : null;
}

/// <param name="Status">HTTP status; 0: no answer.</param>
/// <param name="Text">Body of the answer, or what went wrong.</param>
public sealed record SentRequest(int Number, TimeSpan At, int Status, string? Release, string? Version, TimeSpan Took, string Text)
{
    public bool Failed => Status != 200;
}
