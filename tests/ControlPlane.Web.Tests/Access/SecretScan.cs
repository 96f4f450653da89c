using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using ControlPlane.Web.Tests.Kit;
using Microsoft.Data.Sqlite;
using Serving.Contracts.Joining;
using Testing;
using Testing.Models;
using Testing.Processes;

namespace ControlPlane.Web.Tests.Access;

/// <summary>Every kind of secret is used, rightly and wrongly; afterwards none of them stands in a log, in the audit, in the database or in a file of the control plane.</summary>
public sealed class SecretScan
{
    private const string FeatureValue = "canary-feature-value";

    private readonly Dictionary<string, string> _canaries = [];

    [Fact]
    public async Task S4_H90_H98_No_secret_and_no_feature_value_stands_in_a_log_or_in_the_database()
    {
        var bootstrap = Canary("bootstrap token", "canary-bootstrap-" + Guid.CreateVersion7().ToString("N"));
        var password = Canary("password", "canary password of the administrator");
        await using var plane = await ControlPlaneProcess.StartAsync(new Dictionary<string, string?>
        {
            ["Bootstrap__ApiToken"] = bootstrap, ["Bootstrap__AdminPassword"] = password, ["Logging__LogLevel__Default"] = "Debug",
        });
        plane.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", bootstrap);

        await PeopleAsync(plane, password);
        var node = await NodesAsync(plane);
        await WrongAsync(plane);
        plane.Process.SendTerminate();
        await plane.Process.WaitForExitAsync(TimeSpan.FromSeconds(60));

        Assert.Empty(Found(plane.Process.Output, "the log of the control plane"));
        Assert.Empty(Found(node, "the log of the node"));
        Assert.Empty((await TextsAsync(plane)).SelectMany(text => Found(text.Value, text.Column)));
        Assert.Empty(Directory.GetFiles(plane.Data, "*", SearchOption.AllDirectories).SelectMany(file => Found(Encoding.Latin1.GetString(File.ReadAllBytes(file)), file)));
        // The scan sees what is there: the columns are many, and the log has lines.
        Assert.Contains("Application is shutting down", plane.Process.Output, StringComparison.Ordinal);
        Assert.True(_canaries.Count >= 15, string.Join(", ", _canaries.Keys));
    }

    [Fact]
    public async Task S4_H01_The_token_of_the_set_up_link_stands_in_the_log_alone_and_only_until_it_is_used()
    {
        await using var plane = await ControlPlaneProcess.StartAsync(new Dictionary<string, string?> { ["Bootstrap__AdminEmail"] = null, ["Bootstrap__AdminPassword"] = null });
        var marker = "/setup?token=";
        await Eventually.TrueAsync(() => plane.Process.Output.Contains(marker, StringComparison.Ordinal), TimeSpan.FromSeconds(30), "the link");
        var output = plane.Process.Output;
        var token = Canary("set-up token", output[(output.IndexOf(marker, StringComparison.Ordinal) + marker.Length)..].Split('\n')[0].Trim());
        var browser = new Browser(plane);
        var wrong = await browser.PostAsync($"/setup?token={token}", "/setup", ("token", token), ("email", "first@example.org"), ("password", "short"));

        var made = await browser.PostAsync($"/setup?token={token}", "/setup", ("token", token), ("email", "first@example.org"), ("password", Canary("first password", "canary of the first one")));
        plane.Process.SendTerminate();
        await plane.Process.WaitForExitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal("/", made.Headers.Location!.OriginalString);
        Assert.NotEqual("/", wrong.Headers.Location!.OriginalString);
        Assert.Single(Found(plane.Process.Output, "log"));
        Assert.Equal(1, plane.Process.Output.Split(token).Length - 1);
        Assert.Empty((await TextsAsync(plane)).SelectMany(text => Found(text.Value, text.Column)));
        Assert.Empty(Directory.GetFiles(plane.Data, "*", SearchOption.AllDirectories).SelectMany(file => Found(Encoding.Latin1.GetString(File.ReadAllBytes(file)), file)));
    }

    private async Task PeopleAsync(ControlPlaneProcess plane, string password)
    {
        var session = await plane.Client.PostAsJsonAsync("/api/v1/session", new { email = ControlPlaneProcess.Email, password });
        var token = Canary("session token", (await session.JsonAsync()).Text("token")!);
        using var person = new HttpClient { BaseAddress = new Uri(plane.Url), DefaultRequestHeaders = { Authorization = new("Bearer", token) } };
        var made = await person.PostAsJsonAsync("/api/v1/tokens", new { name = "ci", role = "engineer", expiresAt = DateTimeOffset.UtcNow.AddDays(1) });
        var ci = Canary("API token", (await made.JsonAsync()).Text("token")!);
        using var twice = new HttpRequestMessage(HttpMethod.Post, "/api/v1/tokens") { Content = JsonContent.Create(new { name = "ci2", role = "viewer", expiresAt = DateTimeOffset.UtcNow.AddDays(1) }) };
        twice.Headers.Add("Idempotency-Key", "scan-1");
        Canary("API token made once", (await (await person.SendAsync(twice)).JsonAsync()).Text("token")!);
        var invited = await person.PostAsJsonAsync("/api/v1/users", new { email = "new@example.org", role = "viewer" });
        var link = (await invited.JsonAsync()).Text("link")!;
        var invitation = Canary("invitation", Uri.UnescapeDataString(link[(link.IndexOf("token=", StringComparison.Ordinal) + 6)..]));

        var browser = new Browser(plane);
        await browser.PostAsync("/sign-in", "/sign-in", ("email", ControlPlaneProcess.Email), ("password", Canary("mistyped password", "canary mistyped password")));
        await browser.PostAsync("/sign-in", "/sign-in", ("email", ControlPlaneProcess.Email), ("password", password));
        Canary("cookie", browser.Cookies.Single(cookie => cookie.Key.Contains("session", StringComparison.Ordinal) || cookie.Key.Contains("-cp", StringComparison.Ordinal)).Value);
        await browser.GetAsync("/models");
        var guest = new Browser(plane);
        await guest.PostAsync(link, "/invitation", ("email", "new@example.org"), ("token", invitation), ("password", Canary("password of the invited", "canary of the invited one")));
        using var machine = new HttpClient { BaseAddress = new Uri(plane.Url), DefaultRequestHeaders = { Authorization = new("Bearer", ci) } };
        await machine.PostAsJsonAsync("/api/v1/models", new { name = "adder" });
        await machine.GetAsync($"/api/v1/models?access_token={ci}");
    }

    private async Task<string> NodesAsync(ControlPlaneProcess plane)
    {
        await plane.UploadAsync("adder", TinyModel.Same(8));
        await plane.ValidatedAsync("adder", "1");
        await plane.Client.PostAsJsonAsync("/api/v1/environments/production/endpoints", new { name = "adder" });
        var made = await plane.Client.PostAsJsonAsync("/api/v1/nodes/join-tokens", new { environment = "production", uses = 5 });
        var join = Canary("join token", (await made.JsonAsync()).Text("token")!);
        var cache = Directory.CreateTempSubdirectory("scan-node-").FullName;
        var port = FreePort.Take(2);
        await using var node = ChildProcess.Start(Repository.Program("Serving.Node"), [], new Dictionary<string, string?>
        {
            ["Node__Name"] = "scanned", ["Node__Url"] = $"http://127.0.0.1:{port}", ["Node__Http2Url"] = $"http://127.0.0.1:{port + 1}", ["Node__CacheDirectory"] = cache,
            ["Node__ControlPlaneUrl"] = plane.Url, ["Node__JoinToken"] = join, ["Node__PollInterval"] = "00:00:00.5", ["Logging__LogLevel__Default"] = "Debug",
        });
        await plane.Client.PostAsJsonAsync("/api/v1/environments/production/endpoints/adder/deploy?wait=30s", new { model = "adder", version = "1" });
        using var http = new HttpClient();
        var body = JsonSerializer.Serialize(new { inputs = new { x = new[] { FeatureValue } } });
        await Eventually.TrueAsync(async () => (await http.PostAsync($"http://127.0.0.1:{port}/predict/adder", new StringContent(body, Encoding.UTF8, "application/json"))).IsSuccessStatusCode, TimeSpan.FromSeconds(60), "a prediction");
        await http.PostAsync($"http://127.0.0.1:{port}/predict/adder", new StringContent(body[..^3], Encoding.UTF8, "application/json"));
        var credential = Canary("node credential", CredentialIn(cache));
        using var byQuery = await http.GetAsync($"{plane.Url}/hubs/nodes?access_token={credential}");
        await plane.Client.PostAsync("/api/v1/nodes/scanned/rotate-credential", null);
        await Eventually.TrueAsync(() => CredentialIn(cache) != credential, TimeSpan.FromSeconds(30), "a new credential");
        Canary("rotated credential", CredentialIn(cache));
        await plane.Client.PostAsync("/api/v1/nodes/scanned/revoke", null);
        await Eventually.TrueAsync(async () => (await http.GetStringAsync($"http://127.0.0.1:{port}/status")).Contains("refused to let this node join", StringComparison.Ordinal), TimeSpan.FromSeconds(30), "the node is refused");
        node.SendTerminate();
        await node.WaitForExitAsync(TimeSpan.FromSeconds(60));
        var output = node.Output;
        Directory.Delete(cache, recursive: true);
        _canaries["feature value"] = FeatureValue;
        return output;
    }

    private async Task WrongAsync(ControlPlaneProcess plane)
    {
        using var http = new HttpClient { BaseAddress = new Uri(plane.Url) };
        foreach (var (what, token) in new[] { ("unknown token", Token.New(Token.Person)), ("unknown credential", Token.New(Token.Node)), ("mistyped token", Token.New(Token.Person)[..^1] + "!") })
        {
            foreach (var path in (string[])["/api/v1/models", "/node/v1/state", "/hubs/nodes", "/"])
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, path);
                request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {Canary(what, token)}");
                (await http.SendAsync(request)).Dispose();
            }
        }

        await http.PostAsJsonAsync("/node/v1/join", new { joinToken = Canary("unknown join token", Token.New(Token.Join)), name = "stranger" });
        await http.PostAsync("/node/v1/join", new StringContent($"{{\"joinToken\": \"{Canary("join token in a broken body", Token.New(Token.Join))}\"", Encoding.UTF8, "application/json"));
        await http.PostAsync("/api/v1/session", new StringContent($"{{\"email\": \"a@b\", \"password\": \"{Canary("password in a broken body", "canary broken password")}\", \"x\": 1}}", Encoding.UTF8, "application/json"));
    }

    private static string CredentialIn(string cache) => JsonDocument.Parse(File.ReadAllText(Directory.GetFiles(cache, "*credential*", SearchOption.AllDirectories).Single(path => !path.EndsWith(".tmp", StringComparison.Ordinal))))
        .RootElement.EnumerateObject().Single(member => member.Name.Equals("credential", StringComparison.OrdinalIgnoreCase)).Value.GetString()!;

    private static async Task<List<(string Column, string Value)>> TextsAsync(ControlPlaneProcess plane)
    {
        await using var connection = new SqliteConnection($"DataSource={Path.Combine(plane.Data, "controlplane.db")};Pooling=False");
        await connection.OpenAsync();
        var texts = new List<(string, string)>();
        foreach (var table in await RowsAsync(connection, "SELECT name FROM sqlite_master WHERE type = 'table'"))
            texts.AddRange((await RowsAsync(connection, $"SELECT * FROM \"{table}\"")).Select(row => ($"table {table}", row)));
        return texts;
    }

    private static async Task<List<string>> RowsAsync(SqliteConnection connection, string query)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = query;
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync())
        {
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(at =>
                reader.GetValue(at) is byte[] bytes ? Encoding.Latin1.GetString(bytes) : Convert.ToString(reader.GetValue(at), CultureInfo.InvariantCulture))));
        }

        return rows;
    }

    private string Canary(string what, string secret)
    {
        Assert.True(secret.Length >= 16, what);
        _canaries[what] = secret;
        return secret;
    }

    private IEnumerable<string> Found(string text, string where) => _canaries
        .Where(canary => text.Contains(canary.Value, StringComparison.Ordinal) || text.Contains(Uri.EscapeDataString(canary.Value), StringComparison.Ordinal))
        .Select(canary => $"{canary.Key} in {where}");

    /// <summary>Keeps cookies and sends the forms of a page.</summary>
    private sealed class Browser(ControlPlaneProcess plane)
    {
        private readonly HttpClient _http = new(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = new Uri(plane.Url) };

        public Dictionary<string, string> Cookies { get; } = [];

        public async Task<HttpResponseMessage> GetAsync(string path) => await SendAsync(new HttpRequestMessage(HttpMethod.Get, path));

        public async Task<HttpResponseMessage> PostAsync(string page, string to, params (string Name, string Value)[] fields)
        {
            var html = await (await GetAsync(page)).Content.ReadAsStringAsync();
            const string Before = "name=\"__RequestVerificationToken\" value=\"";
            var at = html.IndexOf(Before, StringComparison.Ordinal);
            var form = at < 0 ? "" : System.Net.WebUtility.HtmlDecode(html[(at + Before.Length)..].Split('"')[0]);
            return await SendAsync(new HttpRequestMessage(HttpMethod.Post, to)
            {
                Content = new FormUrlEncodedContent(fields.Append(("__RequestVerificationToken", form)).Select(field => KeyValuePair.Create(field.Item1, field.Item2))),
            });
        }

        private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request)
        {
            request.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", Cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")));
            var answer = await _http.SendAsync(request);
            foreach (var pair in answer.Headers.TryGetValues("Set-Cookie", out var set) ? set.Select(cookie => cookie.Split(';')[0].Split('=', 2)) : [])
                Cookies[pair[0]] = pair[1];
            return answer;
        }
    }
}
