using System.Collections.Concurrent;
using System.Text.Json;
using ControlPlane.Demo.Traffic;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Testing;
using Testing.Processes;

namespace ControlPlane.Demo.Tests.Traffic;

public sealed class TrafficTests
{
    private static readonly TimeSpan _soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Goes_on_when_the_gateway_comes_goes_and_comes_back()
    {
        var port = FreePort.Take();
        await using var traffic = ChildProcess.Start(Repository.Program("ControlPlane.Demo"), ["traffic", "--gateway", $"http://127.0.0.1:{port}", "--rate", "100"]);

        var before = await ReceiveAsync(port, 50);
        var after = await ReceiveAsync(port, 50);
        traffic.SendTerminate();

        Assert.Equal(0, await traffic.WaitForExitAsync(_soon));
        Assert.All(before.Concat(after), body => Assert.Equal(8, JsonDocument.Parse(body).RootElement.GetProperty("inputs").EnumerateObject().Count()));
    }

    [Theory]
    [InlineData(4, 0.4)]
    [InlineData(16, 1.6)]
    [InlineData(10, 1.0)]
    public void Follows_the_day(int hour, double share) => Assert.Equal(share, DailyCurve.At(TimeSpan.FromHours(hour)), 1e-9);

    private static async Task<IReadOnlyCollection<string>> ReceiveAsync(int port, int count)
    {
        var bodies = new ConcurrentQueue<string>();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port));
        await using var app = builder.Build();
        app.MapPost("/predict/fraud", async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            bodies.Enqueue(await reader.ReadToEndAsync());
        });
        await app.StartAsync();
        await Eventually.TrueAsync(() => bodies.Count >= count, _soon, "payments arrive");
        return bodies;
    }
}
