using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using ControlPlane.Web.Tests.Kit;
using Testing.Models;

namespace ControlPlane.Web.Tests.Boundary;

/// <summary>What every answer carries, whatever kind of answer it is; over the real server.</summary>
public sealed class HeaderTests(HeaderTests.Site site) : IClassFixture<HeaderTests.Site>
{
    private const string Json = "application/json";

    /// <summary>Every class of answer: how it is asked for and the status that shows that it is of that class.</summary>
    private static readonly Asked[] _asked =
    [
        new("page", "GET", "/models", 200),
        new("page of a thing", "GET", "/models/adder", 200),
        new("page that is not there", "GET", "/no-such-page", 404),
        new("page for everybody", "GET", "/sign-in", 200, IsAnonymous: true),
        new("page that leads to sign-in", "GET", "/models", 302, IsAnonymous: true),
        new("head of a page, which is none", "HEAD", "/models", 404),
        new("interface", "GET", "/api/v1/models", 200),
        new("interface, created", "POST", "/api/v1/models", 201, Body: """{"name":"made-here"}"""),
        new("interface, not there", "GET", "/api/v1/models/none", 404),
        new("interface, no such address", "GET", "/api/v1/none", 404),
        new("interface, not signed in", "GET", "/api/v1/models", 401, IsAnonymous: true),
        new("interface, malformed", "POST", "/api/v1/models", 400, Body: "{"),
        new("interface, not this verb", "PUT", "/api/v1/models", 405, Body: "{}"),
        new("interface, not this type", "POST", "/api/v1/models", 415, Body: "{}", Type: "text/plain"),
        new("file", "GET", "/api/v1/models/adder/versions/1/download", 200),
        new("chart", "GET", "/charts/latency.svg?endpoint=production/adder", 200, Cache: "private"),
        new("chart that is not there", "GET", "/charts/latency.svg?endpoint=production/none", 404),
        new("table", "GET", "/exports/latency.csv?endpoint=production/adder", 200),
        new("description of the interface", "GET", "/openapi/v1.json", 200),
        new("health", "GET", "/healthz/live", 200, IsAnonymous: true),
        new("metrics", "GET", "/metrics", 200, IsAnonymous: true),
        new("circuit, negotiated", "POST", "/_blazor/negotiate?negotiateVersion=1", 200),
        new("hub, negotiated", "POST", "/hubs/nodes/negotiate?negotiateVersion=1", 401),
        new("node interface", "GET", "/node/v1/state", 401),
        new("static file", "GET", "/css/base.css", 200, IsAnonymous: true, Cache: null),
        new("script of the framework", "GET", "/_framework/blazor.web.js", 200, IsAnonymous: true, Cache: null),
        new("foreign host", "GET", "/healthz/live", 400, IsAnonymous: true, Host: "evil.example"),
        new("foreign origin", "POST", "/_blazor/negotiate?negotiateVersion=1", 403, Origin: "https://evil.example"),
    ];

    public static TheoryData<string> Classes => [.. _asked.Select(asked => asked.Name)];

    [Theory, MemberData(nameof(Classes))]
    public async Task S3_Every_class_of_answer_carries_the_headers(string name)
    {
        var asked = _asked.Single(one => one.Name == name);
        using var answer = await site.AskAsync(asked);

        Assert.Equal(asked.Status, (int)answer.StatusCode);
        AssertGuarded(answer);
        Assert.False(answer.Headers.Contains("Strict-Transport-Security"), "HSTS is for TLS.");
        if (asked.Cache is { } cache)
            Assert.Contains(cache, answer.Headers.CacheControl?.ToString());
    }

    [Theory, InlineData("/api/v1/models", "application/problem+json"), InlineData("/models", "text/html")]
    public async Task S3_Errors_of_the_server_carry_them_too(string path, string type)
    {
        var place = Directory.CreateTempSubdirectory("no-database-").FullName;
        await using var plane = await ControlPlaneProcess.StartAsync(
            new Dictionary<string, string?> { ["Database__ConnectionString"] = $"Data Source={place}/not-there/x.db" }, until: "/healthz/live");

        using var answer = await plane.Client.GetAsync(path);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, type), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        AssertGuarded(answer);
        Assert.Contains("no-store", answer.Headers.CacheControl?.ToString());
    }

    [Fact]
    public async Task S3_Over_TLS_a_browser_is_told_to_come_that_way_only()
    {
        await using var plane = await ControlPlaneProcess.StartAsync(new Dictionary<string, string?> { ["PublicUrl"] = "https://models.example" });

        using var atPublicName = await plane.Client.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/api/v1/models") { Headers = { Host = "models.example" } });
        using var atThisMachine = await plane.Client.GetAsync("/api/v1/models");

        Assert.Equal("max-age=31536000", Assert.Single(atPublicName.Headers.GetValues("Strict-Transport-Security")));
        Assert.False(atThisMachine.Headers.Contains("Strict-Transport-Security"));
    }

    [Fact]
    public async Task H39_The_frameworks_own_frame_policy_is_the_same()
    {
        using var answer = await site.AskAsync(_asked[0]);

        Assert.All(answer.Headers.GetValues("Content-Security-Policy"), policy => Assert.Contains("frame-ancestors 'none'", policy));
    }

    [Fact]
    public async Task H40_The_policy_is_exactly_this_one()
    {
        using var answer = await site.AskAsync(_asked[0]);

        Assert.Equal(
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
            + "form-action 'self'; base-uri 'self'; frame-ancestors 'none'; object-src 'none'",
            answer.Headers.GetValues("Content-Security-Policy").First());
    }

    [Fact]
    public async Task H85_A_file_of_pages_is_the_same_for_everybody()
    {
        using var signedIn = await site.AskAsync(new("static file", "GET", "/css/base.css", 200));
        using var stranger = await site.AskAsync(new("static file", "GET", "/css/base.css", 200, IsAnonymous: true));

        Assert.Equal(await signedIn.Content.ReadAsStringAsync(), await stranger.Content.ReadAsStringAsync());
        Assert.False(signedIn.Headers.Contains("Set-Cookie"));
    }

    private static void AssertGuarded(HttpResponseMessage answer)
    {
        Assert.Contains(answer.Headers.GetValues("Content-Security-Policy"), policy => policy.Contains("default-src 'none'", StringComparison.Ordinal));
        Assert.All(answer.Headers.GetValues("Content-Security-Policy"), policy => Assert.Contains("frame-ancestors 'none'", policy));
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("no-referrer", Assert.Single(answer.Headers.GetValues("Referrer-Policy")));
        Assert.Equal("same-origin", Assert.Single(answer.Headers.GetValues("Cross-Origin-Resource-Policy")));
        Assert.Matches("^[0-9a-f]{32}$", Assert.Single(answer.Headers.GetValues("X-Trace-Id")));
        Assert.Empty(answer.Headers.Server);
        Assert.False(answer.Headers.Contains("X-Powered-By"));
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
    }

    /// <param name="Cache">What <c>Cache-Control</c> must say; null: the file says it itself.</param>
    internal sealed record Asked(
        string Name, string Verb, string Path, int Status, bool IsAnonymous = false, string? Body = null, string Type = Json, string? Host = null, string? Origin = null, string? Cache = "no-store");

    /// <summary>A control plane with a model and an endpoint.</summary>
    public sealed class Site : IAsyncLifetime
    {
        private readonly HttpClient _anonymous = new(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false });
        private ControlPlaneProcess _plane = null!;

        public async ValueTask InitializeAsync()
        {
            _plane = await ControlPlaneProcess.StartAsync();
            _anonymous.BaseAddress = new Uri(_plane.Url);
            await _plane.CreateModelAsync("adder");
            (await _plane.UploadAsync("adder", TinyModel.Add(1))).EnsureSuccessStatusCode();
            (await _plane.Client.PostAsJsonAsync("/api/v1/environments/production/endpoints", new { name = "adder" })).EnsureSuccessStatusCode();
        }

        public async ValueTask DisposeAsync()
        {
            _anonymous.Dispose();
            await _plane.DisposeAsync();
        }

        internal Task<HttpResponseMessage> AskAsync(Asked asked)
        {
            var request = new HttpRequestMessage(new HttpMethod(asked.Verb), asked.Path);
            if (asked.Body is not null)
                request.Content = new StringContent(asked.Body, Encoding.UTF8, MediaTypeHeaderValue.Parse(asked.Type));
            if (asked.Host is not null)
                request.Headers.Host = asked.Host;
            if (asked.Origin is not null)
                request.Headers.Add("Origin", asked.Origin);
            return (asked.IsAnonymous ? _anonymous : _plane.Client).SendAsync(request);
        }
    }
}
