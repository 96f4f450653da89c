using System.Text;
using ControlPlane.Web.Tests.Kit;

namespace ControlPlane.Web.Tests.Boundary;

/// <summary>Requests as no client library makes them.</summary>
public sealed class WireTests(SharedControlPlane shared) : IClassFixture<SharedControlPlane>
{
    private const string Next = "GET /healthz/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

    private readonly ControlPlaneProcess _plane = shared.Plane;

    [Theory]
    [InlineData("evil.example"), InlineData("localhost."), InlineData("evil.localhost"), InlineData("localhost.evil.example"), InlineData("127.0.0.1.evil.example"), InlineData("127.0.0.2")]
    [InlineData("evil.example:5080"), InlineData("localhost.:5080"), InlineData("[::2]:5080"), InlineData("localhost@evil.example"), InlineData("localhost, evil.example"), InlineData("")]
    public async Task H80_A_host_that_is_not_ours_is_not_answered(string host)
    {
        var answer = await Wire.UntilClosedAsync(_plane.Url, $"GET /healthz/live HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");

        Assert.Equal(400, Wire.StatusOf(answer));
        Assert.DoesNotContain("\"status\":\"live\"", answer);
    }

    [Theory]
    [InlineData("localhost"), InlineData("LocalHost:1"), InlineData("127.0.0.1"), InlineData("127.0.0.1:5080"), InlineData("[::1]:5080"), InlineData("LOCALHOST:65535")]
    public async Task H80_Port_and_case_do_not_matter(string host) =>
        Assert.Equal(200, Wire.StatusOf(await Wire.UntilClosedAsync(_plane.Url, $"GET /healthz/live HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")));

    [Fact]
    public async Task H80_The_public_name_is_one_of_ours_and_others_of_its_domain_are_not()
    {
        await using var plane = await ControlPlaneProcess.StartAsync(new Dictionary<string, string?> { ["PublicUrl"] = "https://Models.Example" });

        Assert.Equal(200, await AskAsync("models.example:443"));
        Assert.Equal(400, await AskAsync("evil.models.example"));
        Assert.Equal(400, await AskAsync("example"));

        async Task<int> AskAsync(string host) =>
            Wire.StatusOf(await Wire.UntilClosedAsync(plane.Url, $"GET /healthz/live HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"));
    }

    [Fact]
    public async Task H80_A_target_that_names_another_host_than_the_header_is_refused() =>
        Assert.Equal(400, Wire.StatusOf(await Wire.UntilClosedAsync(_plane.Url, "GET http://evil.example/healthz/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")));

    public static TheoryData<string, string> Smuggled => new()
    {
        { "line feed in a chunk extension", "Transfer-Encoding: chunked\r\n\r\n2;\nxx\r\n0\r\n\r\n" },
        { "carriage return in a chunk extension", "Transfer-Encoding: chunked\r\n\r\n2;a\rb\r\nxx\r\n0\r\n\r\n" },
        { "length and chunks", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
        { "two lengths", "Content-Length: 0\r\nContent-Length: 5\r\n\r\n" },
        { "negative length", "Content-Length: -1\r\n\r\n" },
        { "a coding that ends with chunked", "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" },
        { "chunked before another coding", "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" },
        { "blank before the colon", "Content-Length : 0\r\n\r\n" },
        { "folded header", "X-A: b\r\n c\r\nContent-Length: 0\r\n\r\n" },
        { "nothing in a header", "X-A: b\0c\r\nContent-Length: 0\r\n\r\n" },
        { "size of a chunk beyond measure", "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n" },
    };

    [Theory, MemberData(nameof(Smuggled))]
    public async Task H82_What_can_be_read_in_two_ways_hides_no_second_request(string name, string rest)
    {
        var answer = await Wire.UntilClosedAsync(_plane.Url, $"POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{rest}{Next}");

        Assert.True(Wire.AnswersIn(answer) == 1, $"{name}: {answer}");
        Assert.InRange(Wire.StatusOf(answer), 400, 499);
        Assert.DoesNotContain("\"status\":\"live\"", answer);
        Assert.Equal(200, Wire.StatusOf(await Wire.UntilClosedAsync(_plane.Url, Next)));
    }

    public static TheoryData<string, string> Heavy => new()
    {
        { "one header of 64 KiB", $"X-A: {new string('a', 64 << 10)}\r\n" },
        { "ten thousand headers", string.Concat(Enumerable.Range(0, 10_000).Select(number => $"X-{number}: a\r\n")) },
        { "a target of 64 KiB", "" },
    };

    [Theory, MemberData(nameof(Heavy))]
    public async Task H82_Headers_beyond_measure_end_the_connection(string name, string headers)
    {
        var target = headers.Length == 0 ? "/" + new string('a', 64 << 10) : "/healthz/live";

        var answer = await Wire.UntilClosedAsync(_plane.Url, $"GET {target} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");

        Assert.True(answer.Length == 0 || Wire.StatusOf(answer) is 431 or 414, $"{name}: {answer}");
        Assert.DoesNotContain("live", answer);
        Assert.Equal(200, Wire.StatusOf(await Wire.UntilClosedAsync(_plane.Url, Next)));
    }

    [Theory]
    [InlineData("/_framework/../appsettings.json"), InlineData("/css/../../ControlPlane.Web.dll"), InlineData("/css/%2e%2e/%2e%2e/etc/passwd"), InlineData("/css/..%2f..%2fetc%2fpasswd")]
    [InlineData("/.git/config"), InlineData("/.git/HEAD"), InlineData("/js/app.js.map"), InlineData("/css/"), InlineData("/js"), InlineData("/ControlPlane.Web.dll"), InlineData("/controlplane.db"), InlineData("/data/controlplane.db")]
    [InlineData("/appsettings.json"), InlineData("/ControlPlane.Web.staticwebassets.endpoints.json"), InlineData("/hangfire"), InlineData("/swagger"), InlineData("/debug")]
    public async Task H86_What_is_no_page_is_not_found_by_who_is_signed_in_and_hidden_from_others(string path)
    {
        var signedIn = await Wire.UntilClosedAsync(_plane.Url, $"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {ControlPlaneProcess.Token}\r\nConnection: close\r\n\r\n");
        var stranger = await Wire.UntilClosedAsync(_plane.Url, $"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

        Assert.Equal(404, Wire.StatusOf(signedIn));
        Assert.True(Wire.StatusOf(stranger) is 302 or 404, stranger);
    }

    [Theory]
    [InlineData("TRACE"), InlineData("OPTIONS"), InlineData("PUT"), InlineData("DELETE"), InlineData("PATCH"), InlineData("PROPFIND"), InlineData("CONNECT")]
    public async Task H86_Other_verbs_do_nothing_on_pages(string verb)
    {
        var answer = await Wire.UntilClosedAsync(
            _plane.Url, $"{verb} /models HTTP/1.1\r\nHost: localhost\r\nX-Secret: echo-me\r\nAuthorization: Bearer {ControlPlaneProcess.Token}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

        Assert.True(Wire.StatusOf(answer) is 400 or 404 or 405, answer);
        Assert.DoesNotContain("echo-me", answer);
    }

    [Fact]
    public async Task H41_A_body_of_fifty_megabytes_is_refused_before_it_is_read()
    {
        var answer = await Wire.UntilClosedAsync(
            _plane.Url, $"POST /api/v1/models HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {ControlPlaneProcess.Token}\r\nContent-Type: application/json\r\nContent-Length: {50 << 20}\r\nConnection: close\r\n\r\n");
        var chunked = new StringBuilder($"POST /api/v1/models HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {ControlPlaneProcess.Token}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
        chunked.Append("200000\r\n{\"name\":\"").Append('a', 0x200000);

        Assert.Equal(413, Wire.StatusOf(answer));
        Assert.Contains("TooLarge", answer);
        // While we still send, the end of the connection may overtake the answer.
        var cut = await Wire.UntilClosedAsync(_plane.Url, chunked.ToString());
        Assert.True(cut.Length == 0 || Wire.StatusOf(cut) == 413, cut);
    }
}
