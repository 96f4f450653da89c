using System.Net;
using System.Text.RegularExpressions;

namespace ControlPlane.Web.Tests.Kit;

/// <summary>A browser without pictures: keeps cookies, sends the forms of a page with the token that stands in them.</summary>
internal sealed partial class AskedPage(HostedControlPlane hosted, string path) : IDisposable
{
    private readonly HttpClient _client = hosted.As("anon");
    private readonly Dictionary<string, string> _cookies = [];
    private string? _formToken;
    private string _copied = "";

    public async Task<HttpResponseMessage> PostAsync(string to, params (string Name, string Value)[] fields)
    {
        _formToken ??= await FormTokenAsync(path);
        using var request = new HttpRequestMessage(HttpMethod.Post, to)
        {
            Content = new FormUrlEncodedContent(fields.Append(("__RequestVerificationToken", _formToken)).Select(field => KeyValuePair.Create(field.Item1, field.Item2))),
        };
        return await SendAsync(request);
    }

    /// <summary>Loads a page first, since the token of a form belongs to who is signed in.</summary>
    public async Task<HttpResponseMessage> PostFromAsync(string page, string to, params (string Name, string Value)[] fields)
    {
        _formToken = await FormTokenAsync(page);
        return await PostAsync(to, fields);
    }

    public async Task<HttpResponseMessage> GetAsync(string address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        return await SendAsync(request);
    }

    /// <summary>Puts a cookie there as somebody else might have.</summary>
    public void Plant(string name, string value) => _cookies[name] = value;

    public string? Cookie(string name) => _cookies.GetValueOrDefault(name);

    public async Task<HttpStatusCode> GetWithCookiesAsync(string address)
    {
        _copied = Cookies();
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        return (await SendAsync(request)).StatusCode;
    }

    /// <summary>As they were at the last <see cref="GetWithCookiesAsync"/>, whatever was deleted since.</summary>
    public async Task<HttpStatusCode> GetWithCopiedCookiesAsync(string address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Add("Cookie", _copied);
        return (await _client.SendAsync(request)).StatusCode;
    }

    public void Dispose() => _client.Dispose();

    private async Task<string> FormTokenAsync(string page)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, page);
        var html = await (await SendAsync(request)).Content.ReadAsStringAsync();
        return WebUtility.HtmlDecode(FormToken().Match(html).Groups[1].Value);
    }

    private string Cookies() => string.Join("; ", _cookies.Select(cookie => $"{cookie.Key}={cookie.Value}"));

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request)
    {
        request.Headers.TryAddWithoutValidation("Cookie", Cookies());
        var answer = await _client.SendAsync(request);
        if (answer.Headers.TryGetValues("Set-Cookie", out var set))
        {
            foreach (var pair in set.Select(cookie => cookie.Split(';')[0].Split('=', 2)))
                _cookies[pair[0]] = pair[1];
        }

        return answer;
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex FormToken();
}
