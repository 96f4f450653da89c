namespace Serving.Gateway.Hosting;

/// <summary>
/// On a stop: not ready at once, but requests are still taken for a moment, since whoever sends them needs one to see it; connections end with their next answer.
/// The web server then waits for what is under way.
/// </summary>
internal sealed class Drain(IHostApplicationLifetime lifetime, GatewayOptions options, TimeProvider time) : IHostedLifecycleService
{
    private static readonly TimeSpan _noticed = TimeSpan.FromSeconds(1.5);

    public bool IsDraining => lifetime.ApplicationStopping.IsCancellationRequested;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) =>
        Task.Delay(options.DrainTimeout < _noticed ? options.DrainTimeout : _noticed, time, cancellationToken);
}
