using System.Net.WebSockets;
using System.Text;
using ControlPlane.Web.Tests.Kit;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Testing;

namespace ControlPlane.Web.Tests.Boundary;

/// <summary>Live connections that say what they should not.</summary>
public sealed class HubTests(SharedControlPlane shared) : IClassFixture<SharedControlPlane>
{
    private static readonly TimeSpan _soon = TimeSpan.FromSeconds(20);

    private readonly ControlPlaneProcess _plane = shared.Plane;

    [Theory]
    [InlineData("NoSuchMethod", "x"), InlineData("OnConnectedAsync", null), InlineData("Dispose", null)]
    [InlineData("Report", "not bytes"), InlineData("Report", 17), InlineData("Frames", null)]
    public async Task H84_An_unknown_method_or_a_wrong_type_gets_a_plain_no(string method, object? argument)
    {
        await using var hub = await ConnectAsync("asks-wrongly");

        var refused = await Assert.ThrowsAnyAsync<HubException>(() => argument is null ? hub.InvokeAsync(method) : hub.InvokeAsync(method, argument));

        Assert.DoesNotContain("ControlPlane.", refused.Message);
        Assert.DoesNotContain("   at ", refused.Message);
        await hub.InvokeAsync("Frames", "[]"u8.ToArray());
        Assert.Equal(HubConnectionState.Connected, hub.State);
    }

    [Fact]
    public async Task H84_A_message_beyond_measure_ends_the_connection_of_a_node()
    {
        await using var hub = await ConnectAsync("says-too-much");

        await Assert.ThrowsAnyAsync<Exception>(() => hub.InvokeAsync("Report", new byte[10 << 20]));

        await Eventually.TrueAsync(() => hub.State == HubConnectionState.Disconnected, _soon, "the connection has ended");
        Assert.True((await _plane.Client.GetAsync("/healthz/live")).IsSuccessStatusCode);
    }

    [Fact]
    public async Task H84_Who_calls_without_end_is_cut_off_and_others_are_not()
    {
        await using var flood = await ConnectAsync("floods");
        await using var quiet = await ConnectAsync("is-quiet");
        var ended = new TaskCompletionSource();
        flood.Closed += _ =>
        {
            ended.TrySetResult();
            return Task.CompletedTask;
        };

        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            foreach (var _ in Enumerable.Range(0, 10_000))
                await flood.SendAsync("Frames", "[]"u8.ToArray());
            await ended.Task.WaitAsync(_soon);
            await flood.SendAsync("Frames", "[]"u8.ToArray());
        });

        await quiet.InvokeAsync("Frames", "[]"u8.ToArray());
        Assert.Equal(HubConnectionState.Connected, quiet.State);
        Assert.Contains("TooManyRequests", await _plane.Client.GetStringAsync("/api/v1/audit?target=node/floods"), StringComparison.Ordinal);
    }

    [Theory, InlineData(33 << 10), InlineData(10 << 20)]
    public async Task H84_A_message_beyond_32_KiB_ends_a_circuit(int bytes)
    {
        using var circuit = await CircuitAsync();

        await EndsAsync(circuit, new byte[bytes]);

        Assert.True((await _plane.Client.GetAsync("/healthz/live")).IsSuccessStatusCode);
    }

    [Fact]
    public async Task H84_Nonsense_ends_a_circuit_and_says_nothing()
    {
        using var circuit = await CircuitAsync();

        var said = await EndsAsync(circuit, [0x05, 0xff, 0xff, 0xff, 0xff, 0xff]);

        Assert.DoesNotContain("   at ", said);
        Assert.DoesNotContain("Exception", said);
    }

    private async Task<HubConnection> ConnectAsync(string node)
    {
        var credential = await NodeCredentials.JoinAsync(_plane, node);
        var hub = new HubConnectionBuilder().WithUrl($"{_plane.Url}/hubs/nodes", http => http.AccessTokenProvider = () => Task.FromResult<string?>(credential)).Build();
        await hub.StartAsync();
        return hub;
    }

    /// <summary>A connection as a page opens it, after the greeting.</summary>
    private async Task<ClientWebSocket> CircuitAsync()
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", $"Bearer {ControlPlaneProcess.Token}");
        await socket.ConnectAsync(new Uri(_plane.Url.Replace("http", "ws", StringComparison.Ordinal) + "/_blazor"), CancellationToken.None);
        await socket.SendAsync(Encoding.UTF8.GetBytes("{\"protocol\":\"blazorpack\",\"version\":1}\u001e"), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        var greeting = new byte[64];
        await socket.ReceiveAsync(greeting, CancellationToken.None);
        return socket;
    }

    /// <returns>What was said before the end.</returns>
    /// <exception cref="OperationCanceledException">It did not end.</exception>
    private static async Task<string> EndsAsync(ClientWebSocket socket, byte[] message)
    {
        using var timeout = new CancellationTokenSource(_soon);
        var said = new StringBuilder();
        try
        {
            await socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, timeout.Token);
            var buffer = new byte[4096];
            while (socket.State == WebSocketState.Open)
            {
                var received = await socket.ReceiveAsync(buffer, timeout.Token);
                said.Append(Encoding.Latin1.GetString(buffer, 0, received.Count));
            }
        }
        catch (WebSocketException)
        {
            // Ended without good-bye.
        }

        return said.ToString();
    }
}
