using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ControlPlane.Web.Tests.Kit;
using Testing;
using Testing.Processes;

namespace ControlPlane.Web.Tests.Boundary;

/// <summary>Requests over HTTP/2 that are taken back as soon as they are made.</summary>
public sealed class RapidResetTests
{
    private const int Requests = 20_000;
    private const byte Headers = 0x1, Reset = 0x3, Settings = 0x4, GoAway = 0x7;
    private const byte EndOfStreamAndHeaders = 0x5;

    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task H82_Who_takes_requests_back_without_end_is_sent_away_and_others_are_answered()
    {
        var (file, thumbprint) = Certificate();
        var port = FreePort.Take();
        await using var plane = ControlPlaneProcess.Launch(new Dictionary<string, string?>
        {
            ["ASPNETCORE_URLS"] = $"https://127.0.0.1:{port}", ["PublicUrl"] = $"https://127.0.0.1:{port}",
            ["Kestrel__Certificates__Default__Path"] = file, ["Kestrel__Certificates__Default__Password"] = "test",
        });
        using var client = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == thumbprint } })
        {
            BaseAddress = new Uri($"https://127.0.0.1:{port}"), DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        await Eventually.TrueAsync(async () => (await client.GetAsync("/healthz/live")).IsSuccessStatusCode, _longest, "it answers over HTTP/2");

        var farewell = await FloodAsync(port, thumbprint);

        Assert.True(farewell, "The connection that takes everything back goes on.");
        using var other = await client.GetAsync("/healthz/live");
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        Assert.Equal("max-age=31536000", Assert.Single(other.Headers.GetValues("Strict-Transport-Security")));
    }

    /// <returns>Whether the server said good-bye or ended the connection.</returns>
    private static async Task<bool> FloodAsync(int port, string thumbprint)
    {
        using var timeout = new CancellationTokenSource(_longest);
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, port, timeout.Token);
        await using var stream = new SslStream(socket.GetStream(), leaveInnerStreamOpen: false, (_, shown, _, _) => shown?.GetCertHashString() == thumbprint);
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "127.0.0.1", ApplicationProtocols = [SslApplicationProtocol.Http2] }, timeout.Token);
        await stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(), timeout.Token);
        await stream.WriteAsync(Frame(Settings, 0, 0, []), timeout.Token);

        var ended = EndAsync(stream, timeout.Token);
        try
        {
            for (var number = 0; number < Requests && !ended.IsCompleted; number++)
            {
                var id = 2 * number + 1;
                // GET https 127.0.0.1 /, by the static table; then CANCEL.
                await stream.WriteAsync((byte[])[.. Frame(Headers, EndOfStreamAndHeaders, id, [0x82, 0x87, 0x84, 0x01, 9, .. "127.0.0.1"u8]), .. Frame(Reset, 0, id, [0, 0, 0, 8])], timeout.Token);
            }
        }
        catch (IOException)
        {
            return true;
        }

        return await ended;
    }

    private static async Task<bool> EndAsync(SslStream stream, CancellationToken cancel)
    {
        var head = new byte[9];
        try
        {
            while (true)
            {
                await stream.ReadExactlyAsync(head, cancel);
                if (head[3] == GoAway)
                    return true;
                await stream.ReadExactlyAsync(new byte[(head[0] << 16) | (head[1] << 8) | head[2]], cancel);
            }
        }
        catch (IOException)
        {
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        (frame[0], frame[1], frame[2], frame[3], frame[4]) = ((byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }

    private static (string File, string Thumbprint) Certificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var file = Path.Combine(Directory.CreateTempSubdirectory("certificate-").FullName, "test.pfx");
        File.WriteAllBytes(file, made.Export(X509ContentType.Pfx, "test"));
        return (file, made.GetCertHashString());
    }
}
