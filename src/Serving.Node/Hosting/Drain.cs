using Serving.Node.Versions;

namespace Serving.Node.Hosting;

/// <summary>On a stop: not ready at once, then the requests under way are waited for. Only then does anything end, the web server included.</summary>
internal sealed class Drain(NodeStatus status, ServingTable table, NodeOptions options, TimeProvider time) : IHostedLifecycleService
{
    private static readonly TimeSpan _noticed = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(50);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        status.Drain();
        var began = time.GetTimestamp();
        // Gateways need a moment to see it; requests that still come meanwhile are answered.
        while (time.GetElapsedTime(began) < options.DrainTimeout && (time.GetElapsedTime(began) < _noticed || IsBusy()))
            await Task.Delay(_look, time, cancellationToken);
    }

    private bool IsBusy() => table.Current.Endpoints.Values.Any(endpoint => endpoint.Admission.Inside > 0);
}
