using System.Net.Http.Json;
using Microsoft.Net.Http.Headers;

namespace ControlPlane.Web.Tests.Kit;

/// <summary>Somebody who signed in with a password on the page, and whose browser sends its cookies with whatever a site makes it send.</summary>
internal sealed class CookieBrowser : IDisposable
{
    private readonly HttpClient _client;
    private readonly Dictionary<string, string> _cookies = [];

    private CookieBrowser(HttpClient client) => _client = client;

    public string Cookies => string.Join("; ", _cookies.Select(cookie => $"{cookie.Key}={cookie.Value}"));

    /// <param name="client">Without credentials and without a cookie store of its own.</param>
    public static async Task<CookieBrowser> SignInAsync(HttpClient client, string email, string password)
    {
        var browser = new CookieBrowser(client);
        using var page = await browser.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/sign-in"));
        var html = await page.Content.ReadAsStringAsync();
        var token = System.Net.WebUtility.HtmlDecode(html.Split("name=\"__RequestVerificationToken\" value=\"")[1].Split('"')[0]);
        using var answer = await browser.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/sign-in")
        {
            Content = new FormUrlEncodedContent([new("email", email), new("password", password), new("__RequestVerificationToken", token)]),
        });
        Assert.Equal("/", answer.Headers.Location?.OriginalString);
        return browser;
    }

    /// <summary>What our own scripts ask for before they write.</summary>
    public async Task<string> FormTokenAsync()
    {
        using var answer = await SendAsync(new HttpRequestMessage(HttpMethod.Get, "/api/v1/antiforgery"));
        return (await answer.JsonAsync()).Text("token")!;
    }

    public Task<HttpResponseMessage> PostAsync(string path, object body, string? formToken = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        if (formToken is not null)
            request.Headers.Add("RequestVerificationToken", formToken);
        return SendAsync(request);
    }

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request)
    {
        request.Headers.TryAddWithoutValidation("Cookie", Cookies);
        var answer = await _client.SendAsync(request);
        foreach (var cookie in answer.Headers.TryGetValues("Set-Cookie", out var set) ? SetCookieHeaderValue.ParseList([.. set]) : [])
            _cookies[cookie.Name.Value!] = cookie.Value.Value!;
        return answer;
    }

    public void Dispose() => _client.Dispose();
}
