using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using ControlPlane.Web.Tests.Access;
using ControlPlane.Web.Tests.Kit;

namespace ControlPlane.Web.Tests.Boundary;

/// <summary>Commands that name what is not there, is gone, lies elsewhere or is of another kind.</summary>
public sealed class ObjectTests(ObjectTests.Site site) : IClassFixture<ObjectTests.Site>
{
    private const string Models = "/api/v1/models";
    private const string Environments = "/api/v1/environments";

    private static readonly string[] _reading = ["GET", "HEAD", "ANY", "HUB", "PAGE"];

    /// <summary>What makes something new out of nothing that exists.</summary>
    private static readonly string[] _withoutObject = ["POST /api/v1/device", "POST /api/v1/device/token", "POST /api/v1/environments/", "POST /api/v1/models/", "POST /api/v1/session", "POST /api/v1/tokens/", "POST /api/v1/users/"];

    private static readonly string[] _rolloutActions = ["submit", "approve", "reject", "start", "pause", "resume", "advance", "promote", "abort", "retry", "exclude-node", "force", "supersede"];

    private static readonly string _plan = """{"release":{"model":"fraud@2"},"rollout":{"strategy":"allAtOnce"}}""";

    /// <summary>Endpoint, as the table of S1 names it; address, with ids of things that exist in braces; body.</summary>
    private static readonly (string Key, string Address, string? Body)[] _rows =
    [
        ("PATCH /api/v1/models/{model}", $"{Models}/gone", """{"description":"x"}"""),
        ("PATCH /api/v1/models/{model}", $"{Models}/only-staging", """{"description":"x"}"""),
        ("PUT /api/v1/models/{model}/aliases/{alias}", $"{Models}/fraud/aliases/best", """{"version":"99"}"""),
        ("PUT /api/v1/models/{model}/aliases/{alias}", $"{Models}/fraud/aliases/best", """{"version":"3"}"""),
        ("PUT /api/v1/models/{model}/aliases/{alias}", $"{Models}/other/aliases/best", """{"version":"2"}"""),
        ("PUT /api/v1/models/{model}/aliases/{alias}", $"{Models}/only-staging/aliases/best", """{"version":"1"}"""),
        ("DELETE /api/v1/models/{model}/aliases/{alias}", $"{Models}/fraud/aliases/champion", null),
        ("DELETE /api/v1/models/{model}/aliases/{alias}", $"{Models}/node-1/aliases/champion", null),
        ("POST /api/v1/models/{model}/versions/", $"{Models}/gone/versions", "bytes"),
        ("POST /api/v1/models/{model}/versions/", $"{Models}/only-staging/versions", "bytes"),
        ("DELETE /api/v1/models/{model}/versions/{version:int}", $"{Models}/fraud/versions/3", null),
        ("DELETE /api/v1/models/{model}/versions/{version:int}", $"{Models}/other/versions/2", null),
        ("DELETE /api/v1/models/{model}/versions/{version:int}", $"{Models}/only-staging/versions/1", null),
        ("POST /api/v1/models/{model}/uploads/", $"{Models}/gone/uploads", """{"name":"m.onnx","size":10}"""),
        ("PUT /api/v1/models/{model}/uploads/{id:guid}", $"{Models}/fraud/uploads/{{token}}?offset=0", "bytes"),
        ("PUT /api/v1/models/{model}/uploads/{id:guid}", $"{Models}/other/uploads/{{upload}}?offset=0", "bytes"),
        ("POST /api/v1/models/{model}/uploads/{id:guid}/complete", $"{Models}/fraud/uploads/{{token}}/complete", null),
        ("POST /api/v1/models/{model}/uploads/{id:guid}/complete", $"{Models}/other/uploads/{{upload}}/complete", null),
        ("DELETE /api/v1/models/{model}/uploads/{id:guid}", $"{Models}/fraud/uploads/{{token}}", null),
        ("DELETE /api/v1/models/{model}/uploads/{id:guid}", $"{Models}/other/uploads/{{upload}}", null),
        ("POST /api/v1/apply", "/api/v1/apply", """{"kind":"Endpoint","environment":"gone","name":"fraud"}"""),
        ("POST /api/v1/apply", "/api/v1/apply", """{"kind":"Endpoint","environment":"production","name":"fraud","release":{"model":"fraud@99"}}"""),
        ("POST /api/v1/apply", "/api/v1/apply", """{"kind":"Endpoint","environment":"staging","name":"new","release":{"model":"only-staging@1"}}"""),
        ("POST /api/v1/environments/{environment}/endpoints", $"{Environments}/gone/endpoints", """{"name":"new"}"""),
        ("POST /api/v1/environments/{environment}/endpoints", $"{Environments}/fraud/endpoints", """{"name":"new"}"""),
        ("POST /api/v1/environments/{environment}/endpoints/{endpoint}/deploy", $"{Environments}/staging/endpoints/fraud/deploy", """{"model":"fraud","version":"2"}"""),
        ("POST /api/v1/environments/{environment}/endpoints/{endpoint}/deploy", $"{Environments}/production/endpoints/only-staging/deploy", """{"model":"fraud","version":"2"}"""),
        ("POST /api/v1/environments/{environment}/endpoints/{endpoint}/deploy", $"{Environments}/production/endpoints/node-1/deploy", """{"model":"fraud","version":"2"}"""),
        ("POST /api/v1/environments/{environment}/endpoints/{endpoint}/deploy", $"{Environments}/gone/endpoints/fraud/deploy", """{"model":"fraud","version":"2"}"""),
        ("POST /api/v1/environments/{environment}/endpoints/{endpoint}/deploy", $"{Environments}/production/endpoints/fraud/deploy", """{"model":"fraud","version":"3"}"""),
        ("POST /api/v1/environments/{environment}/endpoints/{endpoint}/deploy", $"{Environments}/production/endpoints/fraud/deploy", """{"model":"fraud","version":"champion"}"""),
        ("POST /api/v1/environments/{environment}/endpoints/{endpoint}/deploy", $"{Environments}/production/endpoints/fraud/deploy", """{"model":"only-staging","version":"1"}"""),
        ("POST /api/v1/environments/{environment}/endpoints/{endpoint}/rollback", $"{Environments}/staging/endpoints/fraud/rollback", "{}"),
        ("POST /api/v1/environments/{environment}/endpoints/{endpoint}/rollback", $"{Environments}/production/endpoints/only-staging/rollback", "{}"),
        ("POST /api/v1/environments/{environment}/endpoints/{endpoint}/rollback", $"{Environments}/production/endpoints/fraud/rollback", """{"to":"rel-0000"}"""),
        ("POST /api/v1/environments/{environment}/endpoints/{endpoint}/rollback", $"{Environments}/production/endpoints/fraud/rollback", """{"to":"{upload}"}"""),
        ("POST /api/v1/releases", "/api/v1/releases", """{"model":"fraud@3"}"""),
        ("POST /api/v1/releases", "/api/v1/releases", """{"model":"fraud@champion"}"""),
        ("POST /api/v1/releases", "/api/v1/releases", """{"model":"only-staging@1"}"""),
        ("PATCH /api/v1/environments/{environment}", $"{Environments}/gone", """{"protected":true}"""),
        ("PATCH /api/v1/environments/{environment}", $"{Environments}/fraud", """{"protected":true}"""),
        ("POST /api/v1/environments/{environment}/endpoints/{endpoint}/rollouts", $"{Environments}/gone/endpoints/fraud/rollouts", _plan),
        ("POST /api/v1/environments/{environment}/endpoints/{endpoint}/rollouts", $"{Environments}/staging/endpoints/fraud/rollouts", _plan),
        ("POST /api/v1/environments/{environment}/endpoints/{endpoint}/rollouts", $"{Environments}/production/endpoints/fraud/rollouts", """{"release":{"model":"fraud@3"},"rollout":{"strategy":"allAtOnce"}}"""),
        ("PUT /api/v1/rollouts/{number:int}", "/api/v1/rollouts/99", _plan),
        ("DELETE /api/v1/rollouts/{number:int}", "/api/v1/rollouts/99", null),
        ("POST /api/v1/environments/{environment}/reassert", $"{Environments}/gone/reassert", null),
        ("POST /api/v1/environments/{environment}/reassert", $"{Environments}/fraud/reassert", null),
        ("POST /api/v1/nodes/join-tokens", "/api/v1/nodes/join-tokens", """{"environment":"fraud"}"""),
        ("DELETE /api/v1/nodes/join-tokens/{id:guid}", "/api/v1/nodes/join-tokens/{token}", null),
        ("DELETE /api/v1/requests/{requestId}", "/api/v1/requests/{token}", null),
        ("DELETE /api/v1/requests/{requestId}", "/api/v1/requests/..%2F..%2Fx", null),
        .. new[] { "drain", "clear-quarantine", "rotate-credential", "revoke" }.SelectMany(action => new[] { "gone", "fraud", "{token}" }.Select(node => ($"POST /api/v1/nodes/{{node}}/{action}", $"/api/v1/nodes/{node}/{action}", (string?)null))),
        .. _rolloutActions.Select(action => ($"POST /api/v1/rollouts/{{number:int}}/{action}", $"/api/v1/rollouts/99/{action}", (string?)"{}")),
        ("DELETE /api/v1/tokens/{id:guid}", "/api/v1/tokens/{upload}", null),
        ("DELETE /api/v1/tokens/{id:guid}", $"/api/v1/tokens/{Guid.Empty}", null),
        ("PUT /api/v1/users/{email}/role", "/api/v1/users/nobody@example.org/role", """{"role":"viewer"}"""),
        ("PUT /api/v1/users/{email}/role", "/api/v1/users/{token}/role", """{"role":"viewer"}"""),
        ("POST /api/v1/users/{email}/disable", "/api/v1/users/fraud/disable", null),
        ("POST /api/v1/users/{email}/enable", "/api/v1/users/nobody@example.org/enable", null),
    ];

    public static TheoryData<string, string?> Rows
    {
        get
        {
            var data = new TheoryData<string, string?>();
            foreach (var row in _rows)
                data.Add($"{row.Key.Split(' ')[0]} {row.Address}", row.Body);
            return data;
        }
    }

    [Fact]
    public void S2_Every_command_that_names_something_is_asked_here() => Assert.Equal(
        string.Join('\n', AuthorizationTable.Found(site.Hosted.Endpoints).Where(key => key.Contains(" /api/", StringComparison.Ordinal) && !_reading.Contains(key.Split(' ')[0])).Except(_withoutObject)),
        string.Join('\n', _rows.Select(row => row.Key).Distinct().Order(StringComparer.Ordinal)));

    [Theory, MemberData(nameof(Rows))]
    public async Task S2_What_is_gone_elsewhere_or_of_another_kind_is_not_found_and_nothing_changes(string asked, string? body)
    {
        var (verb, address) = (asked.Split(' ')[0], Filled(asked.Split(' ')[1]));
        await site.Hosted.SettledAsync();
        var before = await site.Hosted.SnapshotAsync();

        using var client = site.Hosted.As("admin");
        using var request = new HttpRequestMessage(new HttpMethod(verb), address);
        request.Headers.IfMatch.Add(EntityTagHeaderValue.Any);
        if (body is not null)
            request.Content = new StringContent(Filled(body), Encoding.UTF8, body[0] == '{' ? "application/json" : "application/octet-stream");
        using var answer = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("NotFound", await answer.CodeAsync());
        Assert.Equal(before, await site.Hosted.SnapshotAsync());
    }

    [Theory]
    [InlineData("PUT", "?offset=0", "engineer"), InlineData("HEAD", "", "releaser"), InlineData("POST", "/complete", "token"), InlineData("DELETE", "", "engineer")]
    public async Task H25_The_upload_of_somebody_else_is_as_good_as_none(string verb, string rest, string caller)
    {
        await site.Hosted.SettledAsync();
        var before = await site.Hosted.SnapshotAsync();
        await using var db = site.Hosted.Open();
        var last = db.AuditEntries.Max(row => (long?)row.Id) ?? 0;

        using var guessed = await AskAsync(site.Ids["upload"]);
        using var none = await AskAsync(Guid.Empty.ToString());

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (guessed.StatusCode, none.StatusCode));
        Assert.Equal(before, await site.Hosted.SnapshotAsync());
        var row = Assert.Single(db.AuditEntries.Where(row => row.Id > last));
        Assert.Equal(("authz.denied", $"upload/{site.Ids["upload"]}", "denied"), (row.Action, row.Target, row.Outcome));

        async Task<HttpResponseMessage> AskAsync(string id)
        {
            using var client = site.Hosted.As(caller);
            var request = new HttpRequestMessage(new HttpMethod(verb), $"{Models}/fraud/uploads/{id}{rest}");
            if (verb == "PUT")
                request.Content = new StringContent("bytes", Encoding.UTF8, "application/octet-stream");
            return await client.SendAsync(request);
        }
    }

    [Theory]
    [InlineData("engineer"), InlineData("viewer")]
    public async Task H25_Who_may_not_act_in_production_sees_it_and_changes_nothing_there(string caller)
    {
        await site.Hosted.SettledAsync();
        var before = await site.Hosted.SnapshotAsync();
        using var client = site.Hosted.As(caller);

        using var seen = await client.GetAsync("/api/v1/rollouts/1");
        using var acted = await client.PostAsJsonAsync("/api/v1/rollouts/1/abort", new { });
        using var gone = await client.PostAsJsonAsync($"{Environments}/production/endpoints/fraud/rollback", new { to = site.Ids["release"] });

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Forbidden, HttpStatusCode.Forbidden), (seen.StatusCode, acted.StatusCode, gone.StatusCode));
        Assert.Equal(before, await site.Hosted.SnapshotAsync());
    }

    private string Filled(string text) => site.Ids.Aggregate(text, (filled, id) => filled.Replace($"{{{id.Key}}}", id.Value, StringComparison.Ordinal));

    /// <summary>One thing of each kind.</summary>
    public sealed class Site : IAsyncLifetime
    {
        public HostedControlPlane Hosted { get; } = new();

        public IReadOnlyDictionary<string, string> Ids { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            await Hosted.InitializeAsync();
            Ids = await Things.MakeAsync(Hosted);
        }

        public ValueTask DisposeAsync() => Hosted.DisposeAsync();
    }
}
