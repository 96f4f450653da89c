using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using ControlPlane.Web.Features.Access;
using ControlPlane.Web.Tests.Kit;

namespace ControlPlane.Web.Tests.Access;

public sealed class SigningIn(SharedControlPlane shared) : IClassFixture<SharedControlPlane>
{
    private readonly ControlPlaneProcess _plane = shared.Plane;

    [Theory]
    [InlineData("/api/v1/models"), InlineData("/api/v1/tokens"), InlineData("/api/v1/no-such-thing")]
    public async Task Programs_without_a_token_get_401(string path)
    {
        var answer = await SendAsync(HttpMethod.Get, path, null);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal("Unauthenticated", await answer.CodeAsync());
        Assert.Single(answer.Headers.GetValues("X-Trace-Id"));
    }

    [Fact]
    public async Task F105_A_cookie_that_cannot_be_read_leads_to_sign_in_and_says_so()
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/models");
        request.Headers.Add("Cookie", "cp-session=made-with-keys-that-are-gone");

        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = new Uri(_plane.Url) };
        var answer = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
        Assert.Equal("/sign-in?error=SessionEnded&returnUrl=%2Fmodels", answer.Headers.Location!.ToString());
    }

    [Fact]
    public async Task A_persons_session_makes_tokens_and_a_token_does_not()
    {
        var opened = await SendAsync(HttpMethod.Post, "/api/v1/session", null, new { email = ControlPlaneProcess.Email, password = ControlPlaneProcess.Password });
        var session = (await opened.JsonAsync()).Text("token");
        var body = new { name = "ci", role = "engineer", expiresAt = DateTimeOffset.UtcNow.AddDays(1) };

        var made = await SendAsync(HttpMethod.Post, "/api/v1/tokens", session, body);
        var token = await made.JsonAsync();
        var byToken = await SendAsync(HttpMethod.Post, "/api/v1/tokens", token.Text("token"), body);
        var works = await SendAsync(HttpMethod.Get, "/api/v1/models", token.Text("token"));
        var revoked = await SendAsync(HttpMethod.Delete, $"/api/v1/tokens/{token.Text("id")}", session);
        var after = await SendAsync(HttpMethod.Get, "/api/v1/models", token.Text("token"));

        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        Assert.StartsWith("cpt_", token.Text("token"));
        Assert.Equal(HttpStatusCode.Forbidden, byToken.StatusCode);
        Assert.Equal(HttpStatusCode.OK, works.StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, after.StatusCode);
    }

    [Fact]
    public async Task H05_A_wrong_password_and_an_unknown_person_get_the_same_answer()
    {
        var wrong = await SendAsync(HttpMethod.Post, "/api/v1/session", null, new { email = ControlPlaneProcess.Email, password = "not this one at all" });
        var unknown = await SendAsync(HttpMethod.Post, "/api/v1/session", null, new { email = "nobody@example.org", password = "not this one at all" });

        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        Assert.Equal((await wrong.JsonAsync()).Text("detail"), (await unknown.JsonAsync()).Text("detail"));
        Assert.Equal(wrong.StatusCode, unknown.StatusCode);
    }

    [Theory]
    [InlineData("/models?q=a", "/models?q=a"), InlineData("//evil", "/"), InlineData("/\\evil", "/"), InlineData("/%2f%2fevil", "/"), InlineData("/%5Cevil", "/")]
    [InlineData("https://evil", "/"), InlineData("javascript:alert(1)", "/"), InlineData(null, "/"), InlineData("", "/")]
    public void H11_After_signing_in_one_lands_on_a_page_of_ours(string? asked, string lands) => Assert.Equal(lands, LocalPath.Of(asked));

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? token, object? body = null)
    {
        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(_plane.Url) };
        var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await client.SendAsync(request);
    }
}
