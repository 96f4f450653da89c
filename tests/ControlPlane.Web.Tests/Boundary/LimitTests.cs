using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using ControlPlane.Web.Hosting;
using ControlPlane.Web.Layout;
using ControlPlane.Web.Tests.Kit;
using Microsoft.AspNetCore.Http;
using Testing;

namespace ControlPlane.Web.Tests.Boundary;

/// <summary>How much one caller gets of this process.</summary>
public sealed class LimitTests
{
    private static readonly Dictionary<string, string?> _tight = new() { ["Limits__AnonymousPerMinute"] = "40", ["Limits__SignedInPerMinute"] = "60", ["Limits__ChartsPerMinute"] = "20" };

    [Fact]
    public async Task H83_Strangers_at_one_address_are_slowed_down_and_nobody_else_is()
    {
        await using var plane = await ControlPlaneProcess.StartAsync(_tight);
        using var stranger = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(plane.Url) };

        using var refused = await UntilRefusedAsync(stranger, "/api/v1/models", 200);
        using var page = await UntilRefusedAsync(stranger, "/sign-in", 200);
        using var file = await stranger.GetAsync("/css/base.css");
        using var health = await stranger.GetAsync("/healthz/live");
        using var known = await plane.Client.GetAsync("/api/v1/models");

        Assert.Equal("TooManyRequests", await refused.CodeAsync());
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        Assert.Contains("Serving is not affected. Wait", await page.Content.ReadAsStringAsync());
        Assert.InRange(page.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        Assert.All([file, health, known], answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
    }

    [Fact]
    public async Task H83_One_token_does_not_use_up_what_another_has()
    {
        await using var plane = await ControlPlaneProcess.StartAsync(_tight);
        using var opened = await plane.Client.PostAsJsonAsync("/api/v1/session", new { email = ControlPlaneProcess.Email, password = ControlPlaneProcess.Password });
        using var person = new HttpClient { BaseAddress = new Uri(plane.Url) };
        person.DefaultRequestHeaders.Authorization = new("Bearer", (await opened.JsonAsync()).Text("token"));

        using var refused = await UntilRefusedAsync(plane.Client, "/api/v1/models", 300);
        using var other = await person.GetAsync("/api/v1/models");

        Assert.Equal("TooManyRequests", await refused.CodeAsync());
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    [Fact]
    public async Task H99_Charts_have_a_limit_of_their_own()
    {
        await using var plane = await ControlPlaneProcess.StartAsync(_tight);

        using var refused = await UntilRefusedAsync(plane.Client, "/charts/latency.svg?endpoint=production/none", 50);
        using var rest = await plane.Client.GetAsync("/api/v1/models");

        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Equal(HttpStatusCode.OK, rest.StatusCode);
    }

    [Theory, InlineData("/sign-in"), InlineData("/setup"), InlineData("/invitation")]
    public async Task H04_Forms_that_take_secrets_are_slowed_down_for_one_address(string form)
    {
        await using var plane = await ControlPlaneProcess.StartAsync();
        using var stranger = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(plane.Url) };

        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => stranger.PostAsync(form, new FormUrlEncodedContent([new("token", "guess")]))));

        var refused = answers.Where(answer => answer.StatusCode == HttpStatusCode.TooManyRequests).ToList();
        Assert.NotEmpty(refused);
        Assert.All(refused, answer => Assert.NotNull(answer.Headers.RetryAfter));
    }

    [Fact]
    public async Task H83_Connections_beyond_the_limit_are_closed_and_the_rest_goes_on()
    {
        const int limit = 20;
        await using var plane = await ControlPlaneProcess.StartAsync(new Dictionary<string, string?> { ["Limits__MaxConnections"] = $"{limit}" });
        var sockets = new List<TcpClient>();

        var outcomes = new List<bool>();
        foreach (var _ in Enumerable.Range(0, 2 * limit))
        {
            sockets.Add(new TcpClient());
            outcomes.Add(await IsAnsweredAsync(sockets[^1], new Uri(plane.Url)));
        }

        sockets.ForEach(socket => socket.Dispose());

        Assert.InRange(outcomes.Count(answered => answered), 1, limit);
        await Eventually.TrueAsync(async () =>
        {
            using var again = new TcpClient();
            return await IsAnsweredAsync(again, new Uri(plane.Url));
        }, TimeSpan.FromSeconds(20), "there is room again");
    }

    [Fact]
    public void H83_A_person_has_ten_live_pages_and_a_closed_one_makes_room()
    {
        var open = new OpenCircuits();

        Assert.All(Enumerable.Range(0, OpenCircuits.MostOfAPerson), _ => Assert.True(open.TryOpen("mara@example.org")));
        Assert.False(open.TryOpen("Mara@example.org"));
        Assert.True(open.IsFull("mara@example.org"));
        Assert.True(open.TryOpen("priya@example.org"));

        open.Close("mara@example.org");

        Assert.False(open.IsFull("mara@example.org"));
        Assert.True(open.TryOpen("mara@example.org"));
        Assert.False(open.TryOpen("mara@example.org"));
    }

    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7"), InlineData("::ffff:192.0.2.7", "192.0.2.7"), InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), InlineData("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"), InlineData(null, "local")]
    public void H83_Who_has_a_whole_network_of_addresses_counts_once(string? address, string counted)
    {
        var http = new DefaultHttpContext { Connection = { RemoteIpAddress = address is null ? null : IPAddress.Parse(address) } };

        Assert.Equal(counted, CallerLimits.AddressOf(http));
    }

    /// <returns>The first answer that refuses.</returns>
    private static async Task<HttpResponseMessage> UntilRefusedAsync(HttpClient client, string path, int most)
    {
        foreach (var _ in Enumerable.Range(0, most))
        {
            var answer = await client.GetAsync(path);
            if (answer.StatusCode == HttpStatusCode.TooManyRequests)
                return answer;
            answer.Dispose();
        }

        throw new InvalidOperationException($"{most} requests to {path} were answered.");
    }

    private static async Task<bool> IsAnsweredAsync(TcpClient socket, Uri address)
    {
        try
        {
            await socket.ConnectAsync(address.Host, address.Port);
            var stream = socket.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes("GET /healthz/live HTTP/1.1\r\nHost: localhost\r\n\r\n"));
            return await stream.ReadAsync(new byte[1024]) > 0;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
