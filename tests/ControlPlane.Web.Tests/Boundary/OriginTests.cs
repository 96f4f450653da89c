using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using ControlPlane.Web.Tests.Kit;

namespace ControlPlane.Web.Tests.Boundary;

/// <summary>Who may open a live connection; over the real server, since the one for tests knows no upgrade.</summary>
public sealed class OriginTests(SharedControlPlane shared) : IClassFixture<SharedControlPlane>
{
    private readonly ControlPlaneProcess _plane = shared.Plane;

    [Theory]
    [InlineData("https://evil.example"), InlineData("null"), InlineData("http://127.0.0.1:1"), InlineData("http://localhost.evil.example"), InlineData("file://"), InlineData("http://127.0.0.1")]
    public async Task H77_A_page_of_another_site_gets_no_circuit(string origin)
    {
        using var browser = await BrowserAsync(_plane);

        Assert.Equal(HttpStatusCode.Forbidden, await UpgradeAsync(_plane, "/_blazor", "Cookie", browser.Cookies, origin));
        Assert.Equal(HttpStatusCode.Forbidden, await NegotiateAsync(browser, origin));
    }

    [Fact]
    public async Task H77_Our_own_page_gets_one_and_so_does_a_program_that_names_no_origin()
    {
        using var browser = await BrowserAsync(_plane);

        Assert.Equal(HttpStatusCode.SwitchingProtocols, await UpgradeAsync(_plane, "/_blazor", "Cookie", browser.Cookies, _plane.Url));
        Assert.Equal(HttpStatusCode.SwitchingProtocols, await UpgradeAsync(_plane, "/_blazor", "Cookie", browser.Cookies, origin: null));
        Assert.Equal(HttpStatusCode.OK, await NegotiateAsync(browser, _plane.Url));
    }

    [Fact]
    public async Task H77_The_public_address_is_ours_whatever_the_last_stretch_is()
    {
        await using var plane = await ControlPlaneProcess.StartAsync(new Dictionary<string, string?> { ["PublicUrl"] = "https://models.example:8443" });
        var bearer = $"Bearer {ControlPlaneProcess.Token}";

        Assert.Equal(HttpStatusCode.SwitchingProtocols, await UpgradeAsync(plane, "/_blazor", "Authorization", bearer, "https://models.example:8443"));
        Assert.Equal(HttpStatusCode.Forbidden, await UpgradeAsync(plane, "/_blazor", "Authorization", bearer, "https://models.example"));
        Assert.Equal(HttpStatusCode.Forbidden, await UpgradeAsync(plane, "/_blazor", "Authorization", bearer, "http://models.example:8443"));
    }

    [Fact]
    public async Task H77_A_page_with_the_credential_of_a_node_gets_no_hub()
    {
        var bearer = $"Bearer {await NodeCredentials.JoinAsync(_plane, "origin-node")}";

        Assert.Equal(HttpStatusCode.Forbidden, await UpgradeAsync(_plane, "/hubs/nodes", "Authorization", bearer, "https://evil.example"));
        Assert.Equal(HttpStatusCode.SwitchingProtocols, await UpgradeAsync(_plane, "/hubs/nodes", "Authorization", bearer, origin: null));
    }

    [Fact]
    public async Task H83_Nobody_who_is_not_signed_in_gets_a_circuit() =>
        Assert.NotEqual(HttpStatusCode.SwitchingProtocols, await UpgradeAsync(_plane, "/_blazor", "X-None", "x", _plane.Url));

    [Fact]
    public async Task H77_Nobody_elsewhere_may_read_what_we_answer()
    {
        using var asked = new HttpRequestMessage(HttpMethod.Get, "/api/v1/models") { Headers = { { "Origin", "https://evil.example" } } };
        using var before = new HttpRequestMessage(HttpMethod.Options, "/api/v1/models")
        {
            Headers = { { "Origin", "https://evil.example" }, { "Access-Control-Request-Method", "POST" } },
        };

        Assert.DoesNotContain((await _plane.Client.SendAsync(asked)).Headers, header => header.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain((await _plane.Client.SendAsync(before)).Headers, header => header.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
    }

    internal static Task<CookieBrowser> BrowserAsync(ControlPlaneProcess plane) => CookieBrowser.SignInAsync(
        new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = new Uri(plane.Url) }, ControlPlaneProcess.Email, ControlPlaneProcess.Password);

    private static async Task<HttpStatusCode> NegotiateAsync(CookieBrowser browser, string origin)
    {
        using var answer = await browser.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/_blazor/negotiate?negotiateVersion=1") { Headers = { { "Origin", origin } } });
        return answer.StatusCode;
    }

    private static async Task<HttpStatusCode> UpgradeAsync(ControlPlaneProcess plane, string path, string header, string value, string? origin)
    {
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.SetRequestHeader(header, value);
        if (origin is not null)
            socket.Options.SetRequestHeader("Origin", origin);
        try
        {
            await socket.ConnectAsync(new Uri(plane.Url.Replace("http", "ws", StringComparison.Ordinal) + path), CancellationToken.None);
        }
        catch (WebSocketException)
        {
            // The status says why.
        }

        return socket.HttpStatusCode;
    }
}

/// <summary>Takes a node in, as a node does it.</summary>
internal static class NodeCredentials
{
    public static async Task<string> JoinAsync(ControlPlaneProcess plane, string name)
    {
        using var made = await plane.Client.PostAsJsonAsync("/api/v1/nodes/join-tokens", new { environment = "production" });
        using var joined = await plane.Client.PostAsJsonAsync("/node/v1/join", new { joinToken = (await made.JsonAsync()).Text("token"), name, kind = "node" });
        return (await joined.JsonAsync()).Text("credential")!;
    }
}
