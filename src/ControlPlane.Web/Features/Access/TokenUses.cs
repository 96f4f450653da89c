using ControlPlane.Data;
using ControlPlane.Web.Hosting;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Features.Access;

/// <summary>Writes down when tokens were last used: a few times a minute, not at each request.</summary>
internal sealed partial class TokenUses(IDbContextFactory<ControlPlaneDb> factory, TokenChecks checks, DatabaseGate gate, TimeProvider time, ILogger<TokenUses> logger) : BackgroundService
{
    private static readonly TimeSpan _every = TimeSpan.FromSeconds(15);

    public async Task WriteAsync(CancellationToken cancel)
    {
        if (checks.TakeUses() is not { Count: > 0 } uses)
            return;
        await using var db = await factory.CreateDbContextAsync(cancel);
        foreach (var (id, at) in uses)
            await db.ApiTokens.Where(token => token.Id == id && (token.LastUsedAt == null || token.LastUsedAt < at)).ExecuteUpdateAsync(set => set.SetProperty(token => token.LastUsedAt, at), cancel);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await gate.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(_every, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await WriteAsync(stoppingToken);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                LogLost(failure.Message);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "The last use of some tokens was not written down: {Reason}")]
    private partial void LogLost(string reason);
}
