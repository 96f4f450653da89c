using ControlPlane.Data;
using ControlPlane.Web.Hosting;
using ControlPlane.Web.Live;
using Microsoft.EntityFrameworkCore;
using Serving.Contracts;

namespace ControlPlane.Web.Effects;

/// <summary>Reads the outbox and carries out what is due, a few at a time. One that fails is tried again later and holds up no other.</summary>
internal sealed partial class EffectRunner(
    IDbContextFactory<ControlPlaneDb> factory, IEnumerable<IEffectHandler> handlers, DatabaseGate gate, Wakes wakes, TimeProvider time, ILogger<EffectRunner> logger) : BackgroundService
{
    public const string Loop = "effects";

    private const int MostLookedAt = 256;
    private const int MostOfAKind = 2;
    private const int MostTries = 50;
    private static readonly TimeSpan _look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _longestWait = TimeSpan.FromMinutes(5);

    private readonly Dictionary<(string Kind, string Subject), Task> _running = [];
    private long _givenUp;
    private readonly Dictionary<string, IEffectHandler> _handlers = handlers.ToDictionary(handler => handler.Kind, StringComparer.Ordinal);

    /// <summary>Effects that failed so often that they were dropped, since the start.</summary>
    public long GivenUp => Interlocked.Read(ref _givenUp);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await gate.WaitAsync(stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RoundAsync(stoppingToken);
                await wakes.WaitAsync(Loop, _look, stoppingToken);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                LogRoundFailed(failure);
                await Task.Delay(_look, time, stoppingToken);
            }
        }

        await Task.WhenAll(_running.Values);
    }

    private async Task RoundAsync(CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        await using var db = await factory.CreateDbContextAsync(cancel);
        var due = await db.PendingEffects.AsNoTracking().Where(effect => effect.DueAt <= now).OrderBy(effect => effect.DueAt).ThenBy(effect => effect.Id).Take(MostLookedAt).ToListAsync(cancel);
        foreach (var done in _running.Where(pair => pair.Value.IsCompleted).Select(pair => pair.Key).ToList())
            _running.Remove(done);

        // Two pushes of the same environment are one: the handler sends what is newest. A slow inspection holds up no push.
        foreach (var same in due.GroupBy(effect => (effect.Kind, effect.Subject)))
        {
            if (!_running.ContainsKey(same.Key) && _running.Keys.Count(key => key.Kind == same.Key.Kind) < MostOfAKind)
                _running[same.Key] = Task.Run(() => CarryOutAsync([.. same], cancel), cancel);
        }
    }

    private async Task CarryOutAsync(IReadOnlyList<PendingEffect> same, CancellationToken cancel)
    {
        var effect = same[0];
        try
        {
            FailPoint.Hit("outbox.beforeSend");
            if (_handlers.TryGetValue(effect.Kind, out var handler))
                await handler.CarryOutAsync(effect.Subject, cancel);
            FailPoint.Hit("outbox.afterSend");
            await ForgetAsync(same, cancel);
            wakes.Wake(Loop);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            LogEffectFailed(effect.Kind, effect.Subject, effect.Attempts + 1, failure);
            await PutOffAsync(same, failure, cancel);
        }
    }

    private async Task ForgetAsync(IReadOnlyList<PendingEffect> same, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        var ids = same.Select(effect => effect.Id).ToList();
        await db.PendingEffects.Where(effect => ids.Contains(effect.Id)).ExecuteDeleteAsync(cancel);
    }

    private async Task PutOffAsync(IReadOnlyList<PendingEffect> same, Exception failure, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        var ids = same.Select(effect => effect.Id).ToList();
        foreach (var effect in await db.PendingEffects.Where(effect => ids.Contains(effect.Id)).ToListAsync(cancel))
        {
            effect.Attempts++;
            effect.LastError = failure.Message;
            effect.DueAt = time.GetUtcNow() + TimeSpan.FromSeconds(Math.Min(_longestWait.TotalSeconds, Math.Pow(2, Math.Min(effect.Attempts, 16))));
            if (effect.Attempts < MostTries)
                continue;
            db.Remove(effect);
            Interlocked.Increment(ref _givenUp);
            LogGivenUp(effect.Kind, effect.Subject, effect.Attempts, failure.Message);
        }

        await db.SaveChangesAsync(cancel);
    }

    [LoggerMessage(LogLevel.Error, "A round of the effect runner failed")]
    private partial void LogRoundFailed(Exception failure);

    [LoggerMessage(LogLevel.Error, "Effect {Kind} for {Subject} failed {Attempts} times and is given up: {Reason}. Nodes ask for their state by themselves; whatever else it was for has to be done again by hand")]
    private partial void LogGivenUp(string kind, string subject, int attempts, string reason);

    [LoggerMessage(LogLevel.Warning, "Effect {Kind} for {Subject} failed at attempt {Attempt}; it is tried again")]
    private partial void LogEffectFailed(string kind, string subject, int attempt, Exception failure);
}
