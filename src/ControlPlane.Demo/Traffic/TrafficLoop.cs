using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using ControlPlane.Demo.Transactions;

namespace ControlPlane.Demo.Traffic;

/// <summary>Sends payments to every endpoint at a rate of its own, whether or not answers come, and says once a minute how it went.</summary>
internal sealed class TrafficLoop(HttpClient gateway, double perSecond, TimeProvider time, TextWriter talk)
{
    private const int MostOpen = 200;

    private static readonly TimeSpan _tick = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan _sayEvery = TimeSpan.FromMinutes(1);
    private static readonly MediaTypeHeaderValue _json = new("application/json");

    private readonly TransactionGenerator _payments = new(Environment.ProcessId);
    private int _open;
    private int _answered;
    private int _failed;
    private int _leftOut;

    public async Task RunAsync(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(_tick, time);
        var due = 0.0;
        var said = time.GetTimestamp();
        var last = said;
        while (await timer.WaitForNextTickAsync(cancel))
        {
            var now = time.GetTimestamp();
            var clock = time.GetUtcNow();
            due = Math.Min(due + perSecond * DailyCurve.At(clock.TimeOfDay) * time.GetElapsedTime(last, now).TotalSeconds, MostOpen);
            last = now;
            for (; due >= 1; due--)
            {
                foreach (var endpoint in DemoEndpoints.All)
                    Begin(endpoint, clock.Hour, cancel);
            }

            if (time.GetElapsedTime(said, now) < _sayEvery)
                continue;
            said = now;
            await talk.WriteLineAsync($"Demo traffic, last minute: {Interlocked.Exchange(ref _answered, 0)} answered, {Interlocked.Exchange(ref _failed, 0)} failed, {Interlocked.Exchange(ref _leftOut, 0)} left out");
        }
    }

    private void Begin(string endpoint, int hour, CancellationToken cancel)
    {
        var payment = _payments.NextAt(hour);
        if (Interlocked.Increment(ref _open) > MostOpen)
        {
            // The gateway hangs: what cannot be sent now is not owed later.
            Interlocked.Decrement(ref _open);
            Interlocked.Increment(ref _leftOut);
            return;
        }

        _ = SendAsync(endpoint, payment, cancel);
    }

    private async Task SendAsync(string endpoint, CardTransaction payment, CancellationToken cancel)
    {
        try
        {
            using var content = new ByteArrayContent(BodyOf(payment)) { Headers = { ContentType = _json } };
            using var answer = await gateway.PostAsync($"/predict/{endpoint}", content, cancel);
            Interlocked.Increment(ref answer.IsSuccessStatusCode ? ref _answered : ref _failed);
        }
        catch (Exception away) when (away is HttpRequestException or OperationCanceledException or IOException)
        {
            Interlocked.Increment(ref _failed);
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    private static byte[] BodyOf(CardTransaction payment)
    {
        var inputs = new JsonObject();
        for (var i = 0; i < payment.Features.Length; i++)
            inputs[CardTransaction.FeatureNames[i]] = payment.Features[i];
        return System.Text.Encoding.UTF8.GetBytes(new JsonObject { ["inputs"] = inputs }.ToJsonString());
    }
}
