using ControlPlane.Data;
using ControlPlane.Web.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Features.Access;

/// <summary>While nobody exists, prints the link to the set-up page, and a new one when the last has expired or was guessed at.</summary>
internal sealed partial class SetupAnnouncement(
    IDbContextFactory<ControlPlaneDb> factory, DatabaseGate gate, SetupLink link, IOptions<AddressOptions> address, IServer server,
    IHostApplicationLifetime lifetime, ILogger<SetupAnnouncement> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await gate.WaitAsync(stoppingToken);
        await StartedAsync(stoppingToken);
        while (await IsNobodyThereAsync(stoppingToken))
        {
            LogOpen($"{PublicAddress()}/setup?token={link.Renew()}");
            await link.OverAsync(stoppingToken);
        }
    }

    private async Task<bool> IsNobodyThereAsync(CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        return !await db.Users.AnyAsync(cancel);
    }

    /// <summary>The port is known once the server listens.</summary>
    private Task StartedAsync(CancellationToken cancel)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lifetime.ApplicationStarted.Register(() => started.TrySetResult());
        return started.Task.WaitAsync(cancel);
    }

    private string PublicAddress() =>
        (address.Value.PublicUrl ?? server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() ?? "http://localhost:5080").TrimEnd('/');

    [LoggerMessage(LogLevel.Information, "Open {Link}")]
    private partial void LogOpen(string link);
}
