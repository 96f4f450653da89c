using System.Net;
using System.Net.Http.Json;
using System.Text;
using ControlPlane.Web.Tests.Kit;

namespace ControlPlane.Web.Tests.Boundary;

/// <summary>Names and documents as somebody sends them who means harm.</summary>
public sealed class TextTests(HostedControlPlane hosted) : IClassFixture<HostedControlPlane>
{
    public static TheoryData<string> Names =>
    [
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "../../x", "..\\x", "/abs", "CON", "a\u202Eexe", "\U0001F600", "a\u200Bb", "a\0b", ".hidden", "...", "a ", " a", "a..b", "a.", "-a",
        "frаud" /* with a Cyrillic letter */, "Fraud", "a\nb", "a%2fb", "{{7*7}}", new string('a', 65), new string('a', 10_000), "",
    ];

    [Theory, MemberData(nameof(Names))]
    public async Task H32_A_name_that_is_none_is_refused_with_the_rule_wherever_it_is_given(string name)
    {
        using var admin = hosted.As("admin");
        await hosted.SettledAsync();
        var before = await hosted.SnapshotAsync();

        using var model = await admin.PostAsJsonAsync("/api/v1/models", new { name });
        using var endpoint = await admin.PostAsJsonAsync("/api/v1/environments/staging/endpoints", new { name });
        using var pool = await admin.PostAsJsonAsync("/api/v1/environments/staging/endpoints", new { name = "fine", pool = name });
        using var nodes = await admin.PostAsJsonAsync("/api/v1/nodes/join-tokens", new { environment = "staging", pool = name });

        Assert.All([model, endpoint, pool, nodes], answer => Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode));
        Assert.All([await model.JsonAsync(), await endpoint.JsonAsync(), await pool.JsonAsync(), await nodes.JsonAsync()], problem => Assert.Contains(ControlPlane.Domain.Primitives.Names.Rule, problem.Text("detail")));
        Assert.Equal(before, await hosted.SnapshotAsync());
    }

    public static TheoryData<string, string> Documents => new()
    {
        { "the same member twice", """{"name":"a","name":"b"}""" },
        { "the same member twice further in", """{"name":"a","limits":{"maxRows":1,"maxRows":2}}""" },
        { "__proto__", """{"name":"a","__proto__":{"role":"admin"}}""" },
        { "constructor", """{"name":"a","constructor":{"prototype":{}}}""" },
        { "a type tag", """{"$type":"System.Diagnostics.Process","name":"a"}""" },
        { "a thousand deep", $$"""{"name":"a","limits":{{string.Concat(Enumerable.Repeat("{\"limits\":", 1000))}}1{{new string('}', 1000)}}}""" },
        { "a thousand lists", $$"""{"name":{{new string('[', 1000)}}{{new string(']', 1000)}}}""" },
        { "a comment", """{"name":"a" /* here */}""" },
        { "a comma too many", """{"name":"a",}""" },
        { "a number that is text", """{"name":17}""" },
    };

    [Theory, MemberData(nameof(Documents))]
    public async Task H41_A_document_with_tricks_is_malformed(string trick, string body)
    {
        using var admin = hosted.As("admin");
        await hosted.SettledAsync();
        var before = await hosted.SnapshotAsync();

        using var answer = await admin.PostAsync("/api/v1/environments/staging/endpoints", new StringContent(body, Encoding.UTF8, "application/json"));

        Assert.True(answer.StatusCode == HttpStatusCode.BadRequest, trick);
        Assert.Equal("Malformed", await answer.CodeAsync());
        Assert.Equal(before, await hosted.SnapshotAsync());
    }
}
