using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using ControlPlane.Web.Tests.Access;
using ControlPlane.Web.Tests.Kit;
using Testing.Models;

namespace ControlPlane.Web.Tests.Boundary;

/// <summary>Another site makes the browser of an administrator write.</summary>
public sealed class ForgeryTests(ForgeryTests.Site site) : IClassFixture<ForgeryTests.Site>
{
    private static readonly string[] _reading = ["GET", "HEAD", "ANY", "HUB"];

    private readonly HostedControlPlane _hosted = site.Hosted;
    private readonly CookieBrowser _browser = site.Browser;

    /// <summary>Everything that can be written to, out of the table that S1 holds complete.</summary>
    public static TheoryData<string> Writing => [.. AuthorizationTable.Rows.Where(row => !_reading.Contains(row.Verb)).Select(row => row.ToString()).Distinct()];

    [Theory, MemberData(nameof(Writing))]
    public async Task H78_A_cookie_alone_writes_nothing(string asked)
    {
        var row = AuthorizationTable.Rows.First(row => row.ToString() == asked);
        // A file that another test of this class sent is being looked at meanwhile.
        await _hosted.SettledAsync();
        var before = await _hosted.SnapshotAsync();
        var request = new HttpRequestMessage(row.Verb == "PAGE" ? HttpMethod.Post : new HttpMethod(row.Verb), row.Address) { Headers = { { "Origin", "https://evil.example" } } };
        request.Headers.IfMatch.Add(EntityTagHeaderValue.Any);
        request.Content = row.Body is { } body && body[0] == '{' ? new StringContent(body, Encoding.UTF8, "application/json") : new FormUrlEncodedContent([new("email", "viewer@example.org"), new("password", HostedControlPlane.Password)]);

        using var answer = await _browser.SendAsync(request);

        Assert.True(!answer.IsSuccessStatusCode, $"{(int)answer.StatusCode}");
        Assert.Equal(before, await _hosted.SnapshotAsync());
        if (row.Address.StartsWith("/api/", StringComparison.Ordinal))
            Assert.Equal((HttpStatusCode.BadRequest, "AntiforgeryRequired"), (answer.StatusCode, await answer.CodeAsync()));
        using var still = await _browser.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/api/v1/users"));
        Assert.Equal(HttpStatusCode.OK, still.StatusCode);
    }

    [Theory, InlineData("text/plain"), InlineData("application/x-www-form-urlencoded"), InlineData("multipart/form-data; boundary=x"), InlineData("")]
    public async Task H78_Json_comes_as_json_only(string type)
    {
        var content = new ByteArrayContent("""{"name":"forged"}"""u8.ToArray());
        if (type.Length > 0)
            content.Headers.TryAddWithoutValidation("Content-Type", type);

        using var withToken = await _hosted.As("admin").PostAsync("/api/v1/models", content);

        Assert.Equal((HttpStatusCode.UnsupportedMediaType, "UnsupportedMediaType"), (withToken.StatusCode, await withToken.CodeAsync()));
        await using var db = _hosted.Open();
        Assert.DoesNotContain(db.Models, model => model.Name == "forged");
    }

    [Fact]
    public async Task H78_Files_are_taken_with_the_token_of_the_page_and_refused_without_or_with_that_of_somebody_else()
    {
        using var other = await CookieBrowser.SignInAsync(_hosted.As("anon"), HostedControlPlane.EmailOf("engineer"), HostedControlPlane.Password);

        Assert.Equal(HttpStatusCode.BadRequest, await UploadAsync(null));
        Assert.Equal(HttpStatusCode.BadRequest, await UploadAsync("made-up"));
        Assert.Equal(HttpStatusCode.BadRequest, await UploadAsync(await other.FormTokenAsync()));
        Assert.Equal(HttpStatusCode.Accepted, await UploadAsync(await _browser.FormTokenAsync()));
    }

    private async Task<HttpStatusCode> UploadAsync(string? formToken)
    {
        var file = new ByteArrayContent(TinyModel.Add(1)) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } };
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/models/none/versions") { Content = new MultipartFormDataContent { { file, "model", "model.onnx" } } };
        if (formToken is not null)
            request.Headers.Add("RequestVerificationToken", formToken);
        using var answer = await _browser.SendAsync(request);
        return answer.StatusCode;
    }

    /// <summary>An administrator who is signed in, and a model.</summary>
    public sealed class Site : IAsyncLifetime
    {
        public HostedControlPlane Hosted { get; } = new();

        internal CookieBrowser Browser { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            await Hosted.InitializeAsync();
            Browser = await CookieBrowser.SignInAsync(Hosted.As("anon"), HostedControlPlane.EmailOf("admin"), HostedControlPlane.Password);
            (await Browser.PostAsync("/api/v1/models", new { name = "none" }, await Browser.FormTokenAsync())).EnsureSuccessStatusCode();
            await Hosted.SettledAsync();
        }

        public ValueTask DisposeAsync()
        {
            Browser.Dispose();
            return Hosted.DisposeAsync();
        }
    }
}
