using System.Security.Cryptography;
using ControlPlane.Data;
using ControlPlane.Data.Audit;
using ControlPlane.Domain.Audit;
using ControlPlane.Web.Hosting;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Features.Audit;

/// <summary>Links new rows of the audit every two seconds, in one control plane at a time, and says in the log how far the chain goes.</summary>
internal sealed partial class AuditSealer(IDbContextFactory<ControlPlaneDb> factory, DatabaseGate gate, TimeProvider time, ILogger<AuditSealer> logger) : BackgroundService
{
    private static readonly TimeSpan _every = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _lease = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _renewal = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _saysHead = TimeSpan.FromMinutes(10);

    private readonly string _me = RandomNumberGenerator.GetHexString(32, lowercase: true);
    private DateTimeOffset _leasedAt = DateTimeOffset.MinValue;
    private DateTimeOffset _saidAt = DateTimeOffset.MinValue;
    private AuditHead _said = AuditHead.None;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await gate.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(_every, time);
        do
        {
            try
            {
                await RoundAsync(stoppingToken);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                LogFailed(failure);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task RoundAsync(CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        if (now - _leasedAt >= _renewal)
        {
            if (!await factory.LeaseSealerAsync(_me, now, _lease, cancel))
                return;
            _leasedAt = now;
        }

        await factory.FoldDenialsAsync(now, cancel);
        while ((await factory.SealAsync(now, cancel)).TryGet(out var sealedRows, out _) && sealedRows > 0)
        {
        }

        if (now - _saidAt >= _saysHead)
            await SayAsync(now, cancel);
    }

    private async Task SayAsync(DateTimeOffset now, CancellationToken cancel)
    {
        _saidAt = now;
        await using var db = await factory.CreateDbContextAsync(cancel);
        var head = await db.AuditHeadAsync(cancel);
        if (head.Number < _said.Number)
            LogCut(_said.Number, head.Number);
        if (head != _said && head.Number > 0)
            LogHead(head.ToString());
        _said = head;
    }

    [LoggerMessage(LogLevel.Information, "Head of the audit's chain: {Head}. Given to cpctl audit verify --head, it shows whether the end was cut off later")]
    private partial void LogHead(string head);

    [LoggerMessage(LogLevel.Error, "The audit's chain went to {Before} and ends at {Now}: rows were deleted. Traffic is not affected; compare with a backup and with the heads in this log")]
    private partial void LogCut(long before, long now);

    [LoggerMessage(LogLevel.Error, "New rows of the audit could not be sealed; it is tried again. Changes and traffic go on")]
    private partial void LogFailed(Exception failure);
}
