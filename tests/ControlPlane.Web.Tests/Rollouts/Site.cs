using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Features.Access;
using ControlPlane.Web.Tests.Kit;
using ControlPlane.Web.Tests.Pages;
using Secret = Serving.Contracts.Joining.Token;

namespace ControlPlane.Web.Tests.Rollouts;

/// <summary>A control plane with three versions of a model and a protected environment without nodes, so that what starts stays under way.</summary>
public sealed class Site(HostedControlPlane hosted)
{
    public const string Guarded = "guarded";
    public const string Open = "open";

    private int _endpoints;

    public HostedControlPlane Hosted => hosted;

    public async Task MakeAsync()
    {
        await using (var db = hosted.Open())
        {
            var fraud = Samples.Model("fraud");
            db.AddRange(fraud, Samples.Version(fraud), Samples.Version(fraud), Samples.Version(fraud));
            await db.SaveChangesAsync();
        }

        using var admin = hosted.As("admin");
        (await admin.PostAsJsonAsync("/api/v1/environments", new { name = Guarded, @protected = true })).EnsureSuccessStatusCode();
        (await admin.PostAsJsonAsync("/api/v1/environments", new { name = Open })).EnsureSuccessStatusCode();
    }

    /// <summary>A new endpoint that serves nothing.</summary>
    /// <returns>Its address.</returns>
    public async Task<string> EndpointAsync(string environment = Guarded)
    {
        using var admin = hosted.As("admin");
        var name = $"e{Interlocked.Increment(ref _endpoints)}";
        (await admin.PostAsJsonAsync($"/api/v1/environments/{environment}/endpoints", new { name })).EnsureSuccessStatusCode();
        return $"/api/v1/environments/{environment}/endpoints/{name}";
    }

    /// <returns>Id of a rollout in Draft.</returns>
    public async Task<string> DraftAsync(string endpoint, string author = "engineer", string version = "1")
    {
        using var client = hosted.As(author);
        var made = await client.PostAsJsonAsync($"{endpoint}/rollouts", Plan(version));
        Assert.Equal(System.Net.HttpStatusCode.Created, made.StatusCode);
        return (await made.JsonAsync()).Text("id")!;
    }

    public async Task<string> AwaitingAsync(string endpoint, string author = "engineer", string version = "1")
    {
        var id = await DraftAsync(endpoint, author, version);
        await DidAsync(id, "submit", author);
        return id;
    }

    public static object Plan(string version, string strategy = "allAtOnce") => new { release = new { model = $"fraud@{version}" }, rollout = new { strategy } };

    public Task<HttpResponseMessage> ActAsync(string id, string verb, string caller, object? body = null) => ActAsync(id, verb, hosted.As(caller), body);

    public static Task<HttpResponseMessage> ActAsync(string id, string verb, HttpClient client, object? body = null) =>
        SendAsync(client, HttpMethod.Post, $"/api/v1/rollouts/{id}/{verb}", body ?? new { });

    public Task<HttpResponseMessage> EditAsync(string id, string caller, string version) =>
        SendAsync(hosted.As(caller), HttpMethod.Put, $"/api/v1/rollouts/{id}", Plan(version));

    public async Task DidAsync(string id, string verb, string caller, object? body = null)
    {
        var answer = await ActAsync(id, verb, caller, body);
        Assert.True(answer.IsSuccessStatusCode, $"{verb}: {await answer.Content.ReadAsStringAsync()}");
    }

    public async Task<JsonElement> GetAsync(string id) => await (await hosted.As("viewer").GetAsync($"/api/v1/rollouts/{id}")).JsonAsync();

    public async Task<string?> StateAsync(string id) => (await GetAsync(id)).Text("state");

    /// <summary>The same person's session in a terminal, opened some time ago.</summary>
    public async Task<HttpClient> SessionAsync(string role, TimeSpan age)
    {
        var (secret, at) = (Secret.New(Secret.Person), DateTimeOffset.UtcNow - age);
        await using var db = hosted.Open();
        db.ApiTokens.Add(new ApiToken
        {
            Id = TokenId.New(at), Name = "session", Hash = Secret.HashOf(secret), Role = "viewer", Kind = TokenKinds.Session, CreatedBy = HostedControlPlane.EmailOf(role), CreatedAt = at,
            ExpiresAt = at.AddHours(12),
        });
        await db.SaveChangesAsync();
        var client = hosted.As("anon");
        client.DefaultRequestHeaders.Authorization = new("Bearer", secret);
        return client;
    }

    private static Task<HttpResponseMessage> SendAsync(HttpClient client, HttpMethod method, string address, object body)
    {
        var request = new HttpRequestMessage(method, address) { Content = JsonContent.Create(body) };
        request.Headers.IfMatch.Add(EntityTagHeaderValue.Any);
        return client.SendAsync(request);
    }
}
