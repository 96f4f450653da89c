using System.Net;
using System.Text.Json;
using Serving.Node.Tests.Kit;
using Testing;
using Testing.Load;
using Testing.Models;

namespace Serving.Node.Tests.Faults;

/// <summary>The control plane is there, but is not to be trusted any more.</summary>
public sealed class CertificateTests
{
    private const byte Handshake = 22;

    private static readonly byte[] _one = """{"inputs":{"x":[1]}}"""u8.ToArray();

    public static TheoryData<string, int, string?, string> Bad => new()
    {
        { "expired", -1, null, "NotTimeValid" },
        { "wrong host", 10, "other.example", "RemoteCertificateNameMismatch" },
    };

    [Theory, MemberData(nameof(Bad))]
    public async Task F46_A_certificate_that_does_not_hold_stops_no_prediction_is_said_in_full_and_is_never_got_around(string what, int endsInDays, string? host, string says)
    {
        using var certificates = new Certificates();
        using var good = certificates.Sign(TimeSpan.FromDays(10));
        using var bad = certificates.Sign(TimeSpan.FromDays(endsInDays), host);
        var root = Directory.CreateTempSubdirectory("node-tls-").FullName;
        await File.WriteAllTextAsync(Path.Combine(root, "authority.pem"), certificates.Pem);
        var trusted = await FakeControlPlane.StartAsync(certificate: good);
        var plan = new Plan(trusted.Blobs).With(out var release, "1", TinyModel.Add(1)).Serving("e", release).Next();
        trusted.Serve(plan.Seal().Utf8.ToArray(), plan.Seal().ContentHash);
        var settings = new Dictionary<string, string?>
        {
            ["Node__ControlPlaneUrl"] = trusted.Url,
            ["Node__JoinToken"] = "cpj_test",
            ["Node__PollInterval"] = "00:00:00.5",
            ["SSL_CERT_FILE"] = Path.Combine(root, "authority.pem"),
            ["SSL_CERT_DIR"] = Directory.CreateDirectory(Path.Combine(root, "none")).FullName,
        };
        await using var node = NodeProcess.Start(Path.Combine(root, "cache"), settings);
        await node.ReadyAsync(TimeSpan.FromSeconds(60));
        var before = await ErrorOfAsync(node);
        await using var load = OpenLoopLoad.Start(50, $"{node.Url}/predict/e", _one);

        await trusted.DisposeAsync();
        await using var untrusted = await FakeControlPlane.StartAsync(trusted.Port, bad);
        untrusted.Serve(plan.Next().Seal().Utf8.ToArray(), plan.Next().Seal().ContentHash);
        var error = await Eventually.GetAsync(() => ErrorOfAsync(node), seen => seen?.Contains(says, StringComparison.Ordinal) == true, TimeSpan.FromSeconds(30), $"{what}: the error in /status");
        await Eventually.TrueAsync(() => untrusted.FirstBytes.Count >= 5, TimeSpan.FromSeconds(30), "tried again");
        var history = await load.StopAsync();
        node.Process.Kill();
        await node.Process.WaitForExitAsync(TimeSpan.FromSeconds(10));

        await using var restarted = NodeProcess.Start(Path.Combine(root, "cache"), settings);
        await restarted.ReadyAsync(TimeSpan.FromSeconds(30));
        using var answer = await restarted.Client.PostAsync("/predict/e", new ByteArrayContent(_one) { Headers = { ContentType = new("application/json") } });
        await Eventually.GetAsync(() => ErrorOfAsync(restarted), seen => seen?.Contains(says, StringComparison.Ordinal) == true, TimeSpan.FromSeconds(30), "the error after a restart");

        Assert.Null(before);
        Assert.Contains("SSL", error, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.All(history, request => Assert.True(request.Status == 200, request.Text));
        Assert.All(untrusted.FirstBytes, first => Assert.Equal(Handshake, first));
        Assert.Empty(untrusted.Reports);
        Assert.Equal((0, 0), (untrusted.Joins, untrusted.HubAttempts));
        // A node that runs writes there.
        restarted.Process.Kill();
        await restarted.Process.WaitForExitAsync(TimeSpan.FromSeconds(10));
        Directory.Delete(root, recursive: true);
    }

    [Fact]
    public async Task H65_A_pinned_authority_is_the_only_one_that_is_believed_by_poll_and_by_push()
    {
        using var pinned = new Certificates();
        using var other = new Certificates();
        using var good = pinned.Sign(TimeSpan.FromDays(10));
        using var bad = other.Sign(TimeSpan.FromDays(10));
        var root = Directory.CreateTempSubdirectory("node-pinned-").FullName;
        await File.WriteAllTextAsync(Path.Combine(root, "pinned.pem"), pinned.Pem);
        await File.WriteAllTextAsync(Path.Combine(root, "machine.pem"), other.Pem);
        var first = await FakeControlPlane.StartAsync(certificate: good);
        var plan = new Plan(first.Blobs).With(out var release, "1", TinyModel.Add(1)).Serving("e", release).Next();
        first.Serve(plan.Seal().Utf8.ToArray(), plan.Seal().ContentHash);
        await using var node = NodeProcess.Start(Path.Combine(root, "cache"), new Dictionary<string, string?>
        {
            ["Node__ControlPlaneUrl"] = first.Url,
            ["Node__ControlPlaneCa"] = Path.Combine(root, "pinned.pem"),
            ["Node__JoinToken"] = "cpj_test",
            ["Node__PollInterval"] = "00:00:01",
            // This machine trusts the other authority, which the node is not to.
            ["SSL_CERT_FILE"] = Path.Combine(root, "machine.pem"),
            ["SSL_CERT_DIR"] = Directory.CreateDirectory(Path.Combine(root, "none")).FullName,
        });
        await node.ReadyAsync(TimeSpan.FromSeconds(60));
        await Eventually.TrueAsync(() => !first.Reports.IsEmpty, TimeSpan.FromSeconds(30), "a report");
        var next = plan.Next().Seal();
        await Eventually.TrueAsync(
            async () =>
            {
                // Only pushed: what is asked for is still the one before.
                await first.PushAsync(next.Utf8.ToArray());
                using var status = JsonDocument.Parse(await node.Client.GetStringAsync("/status"));
                return status.RootElement.GetProperty("source").GetString() == "push" && status.RootElement.GetProperty("contentHash").GetString() == next.ContentHash;
            },
            TimeSpan.FromSeconds(30),
            "the pushed document is applied");
        var before = await ErrorOfAsync(node);

        await first.DisposeAsync();
        await using var impostor = await FakeControlPlane.StartAsync(first.Port, bad);
        impostor.Serve(plan.Next().Seal().Utf8.ToArray(), plan.Next().Seal().ContentHash);
        var error = await Eventually.GetAsync(() => ErrorOfAsync(node), seen => seen?.Contains("SSL", StringComparison.Ordinal) == true, TimeSpan.FromSeconds(30), "the error in /status");
        await Eventually.TrueAsync(() => impostor.FirstBytes.Count >= 3, TimeSpan.FromSeconds(30), "tried again");

        Assert.Null(before);
        Assert.NotNull(error);
        Assert.Equal((0, 0, 0), (impostor.Joins, impostor.HubAttempts, impostor.Reports.Count));
        node.Process.Kill();
        await node.Process.WaitForExitAsync(TimeSpan.FromSeconds(10));
        Directory.Delete(root, recursive: true);
    }

    private static async Task<string?> ErrorOfAsync(NodeProcess node)
    {
        using var status = JsonDocument.Parse(await node.Client.GetStringAsync("/status"));
        return status.RootElement.TryGetProperty("controlPlaneError", out var error) ? error.GetString() : null;
    }
}
