using System.Net;
using System.Net.Http.Json;
using ControlPlane.Web.Tests.Kit;

namespace ControlPlane.Web.Tests.Boundary;

/// <summary>What is believed of a request that says where it came from. Every test talks from 127.0.0.1.</summary>
public sealed class ProxyTests
{
    private const int MoreThanOneAddressMay = 25;

    private static readonly Dictionary<string, string?> _behindProxy = new() { ["Proxies__Known"] = "10.9.8.7;127.0.0.0/8" };

    [Fact]
    public async Task H81_Nobody_changes_address_scheme_or_host_by_saying_so()
    {
        await using var plane = await ControlPlaneProcess.StartAsync();

        var link = await InvitationAsync(plane, "127.0.0.1");
        using var spoofed = await MetricsAsync(plane, "127.0.0.1");
        var attempts = await TryPasswordsAsync(plane, number => $"203.0.113.{number}");

        Assert.StartsWith($"{plane.Url}/invitation", link);
        Assert.Equal(HttpStatusCode.Unauthorized, spoofed.StatusCode);
        Assert.Contains(HttpStatusCode.TooManyRequests, attempts);
    }

    [Fact]
    public async Task H81_A_known_proxy_is_believed_and_what_stood_before_it_is_not()
    {
        await using var plane = await ControlPlaneProcess.StartAsync(_behindProxy);

        var link = await InvitationAsync(plane, "203.0.113.1");
        var fromMany = await TryPasswordsAsync(plane, number => $"203.0.113.{number}");
        var fromOneThatLies = await TryPasswordsAsync(plane, number => $"{string.Join(", ", Enumerable.Range(0, 50).Select(hop => $"198.51.100.{hop}"))}, 192.0.2.{number}, 203.0.113.200");

        Assert.DoesNotContain(HttpStatusCode.TooManyRequests, fromMany);
        Assert.Contains(HttpStatusCode.TooManyRequests, fromOneThatLies);
        Assert.StartsWith("https" + plane.Url[4..], link);
    }

    [Fact]
    public async Task H81_A_list_of_proxies_that_is_none_refuses_the_start()
    {
        await using var plane = ControlPlaneProcess.Launch(new Dictionary<string, string?> { ["Proxies__Known"] = "10.0.0.5;the-proxy" });

        Assert.NotEqual(0, await plane.Process.WaitForExitAsync(TimeSpan.FromSeconds(30)));
        Assert.Contains("Proxies:Known: '10.0.0.5;the-proxy' is no list of addresses", plane.Process.Output);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task H87_What_came_through_a_proxy_on_this_machine_is_not_from_this_machine(bool isKnown)
    {
        await using var plane = await ControlPlaneProcess.StartAsync(isKnown ? _behindProxy : null);

        using var here = await MetricsAsync(plane, null);
        using var through = await MetricsAsync(plane, "203.0.113.9");
        using var throughFromHere = await MetricsAsync(plane, "127.0.0.1");

        Assert.Equal(HttpStatusCode.OK, here.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, through.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, throughFromHere.StatusCode);
    }

    [Fact]
    public async Task H87_Health_says_one_word_to_who_came_through_a_proxy()
    {
        var place = Directory.CreateTempSubdirectory("no-database-").FullName;
        await using var plane = await ControlPlaneProcess.StartAsync(
            new Dictionary<string, string?> { ["Database__ConnectionString"] = $"Data Source={place}/not-there/x.db" }, until: "/healthz/live");

        using var here = await plane.Client.GetAsync("/healthz/ready");
        using var through = await plane.Client.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/healthz/ready") { Headers = { { "X-Forwarded-For", "203.0.113.9" } } });

        Assert.NotEmpty((await here.JsonAsync()).GetProperty("waitingFor").EnumerateArray());
        Assert.Equal("""{"status":"notReady","waitingFor":[]}""", await through.Content.ReadAsStringAsync());
    }

    private static async Task<HttpResponseMessage> MetricsAsync(ControlPlaneProcess plane, string? forwardedFor)
    {
        using var client = new HttpClient { BaseAddress = new Uri(plane.Url) };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        if (forwardedFor is not null)
            request.Headers.Add("X-Forwarded-For", forwardedFor);
        return await client.SendAsync(request);
    }

    private static async Task<List<HttpStatusCode>> TryPasswordsAsync(ControlPlaneProcess plane, Func<int, string> forwardedFor)
    {
        using var client = new HttpClient { BaseAddress = new Uri(plane.Url) };
        var seen = new List<HttpStatusCode>();
        foreach (var number in Enumerable.Range(0, MoreThanOneAddressMay))
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/session") { Content = JsonContent.Create(new { email = $"nobody{number}@example.org", password = "not this one at all" }) };
            request.Headers.Add("X-Forwarded-For", forwardedFor(number));
            using var answer = await client.SendAsync(request);
            seen.Add(answer.StatusCode);
        }

        return seen;
    }

    /// <returns>The link that was made for somebody new.</returns>
    private static async Task<string> InvitationAsync(ControlPlaneProcess plane, string forwardedFor)
    {
        using var opened = await plane.Client.PostAsJsonAsync("/api/v1/session", new { email = ControlPlaneProcess.Email, password = ControlPlaneProcess.Password });
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/users") { Content = JsonContent.Create(new { email = "new@example.org", role = "viewer" }) };
        request.Headers.Authorization = new("Bearer", (await opened.JsonAsync()).Text("token"));
        request.Headers.Add("X-Forwarded-For", forwardedFor);
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Add("X-Forwarded-Host", "evil.example");
        using var answer = await plane.Client.SendAsync(request);
        return (await answer.JsonAsync()).Text("link")!;
    }
}
