using System.Net;
using System.Net.Http.Json;
using System.Text;
using ControlPlane.Web.Hosting;
using ControlPlane.Web.Tests.Kit;
using Microsoft.Data.SqlClient;
using Testing;

namespace ControlPlane.Web.Tests.Hosting;

public sealed class Starting
{
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task F11_Without_its_database_it_lives_is_not_ready_refuses_and_recovers_by_itself()
    {
        var place = Directory.CreateTempSubdirectory("database-").FullName;
        var folder = Path.Combine(place, "not-there-yet");
        var settings = new Dictionary<string, string?> { ["Database__ConnectionString"] = $"Data Source={folder}/x.db", ["Database__RetryAfter"] = "00:00:00.200" };
        await using var plane = await ControlPlaneProcess.StartAsync(settings, until: "/healthz/live");

        var ready = await plane.Client.GetAsync("/healthz/ready");
        var write = await plane.Client.PostAsJsonAsync("/api/v1/models", new { name = "m" });
        Directory.CreateDirectory(folder);
        await Eventually.TrueAsync(async () => (await plane.Client.GetAsync("/healthz/ready")).IsSuccessStatusCode, _longest, "ready again");
        var after = await plane.Client.PostAsJsonAsync("/api/v1/models", new { name = "m" });

        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, write.StatusCode);
        Assert.Equal("DatabaseUnavailable", await write.CodeAsync());
        Assert.NotNull(write.Headers.RetryAfter);
        Assert.Equal(HttpStatusCode.Created, after.StatusCode);
    }

    [Theory]
    [InlineData("SqlServer", "Server=127.0.0.1,1;Database=x;User Id=u;Password=p;Encrypt=false;Connect Timeout=1", "SQL Server")]
    [InlineData("PostgreSql", "Host=127.0.0.1;Port=1;Database=x;Username=u;Password=p", "127.0.0.1:1")]
    public async Task F11_A_server_that_is_not_there_is_looked_for_and_named_whichever_kind_it_is(string provider, string connection, string named)
    {
        var settings = new Dictionary<string, string?> { ["Database__Provider"] = provider, ["Database__ConnectionString"] = connection, ["Database__RetryAfter"] = "00:00:00.200" };
        await using var plane = await ControlPlaneProcess.StartAsync(settings, until: "/healthz/live");

        var ready = await plane.Client.GetAsync("/healthz/ready");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        await Eventually.TrueAsync(
            () => plane.Process.Output.Split('\n').Any(line => line.Contains("The database cannot be used yet", StringComparison.Ordinal) && line.Contains(named, StringComparison.Ordinal)),
            _longest, "the log names the server that is missing");
    }

    [Fact]
    public async Task F11_A_connection_that_SQL_Server_refuses_is_no_broken_statement()
    {
        await using var connection = new SqlConnection("Server=127.0.0.1,1;Encrypt=false;Connect Timeout=1;Connect Retry Count=0");

        var failure = await Assert.ThrowsAsync<SqlException>(() => connection.OpenAsync(TestContext.Current.CancellationToken));

        Assert.True(UnansweredErrors.IsUnreachable(failure));
        Assert.Contains("SQL Server", UnansweredErrors.ReasonOf(failure), StringComparison.Ordinal);
    }

    [Fact]
    public async Task F105_A_key_path_that_is_not_writable_refuses_the_start()
    {
        var file = Path.GetTempFileName();
        await using var plane = ControlPlaneProcess.Launch(new Dictionary<string, string?> { ["DataProtection__KeyPath"] = Path.Combine(file, "keys") });

        var exit = await plane.Process.WaitForExitAsync(_longest);

        Assert.NotEqual(0, exit);
        Assert.Contains("DataProtection:KeyPath", plane.Process.Output);
    }

    [Fact]
    public async Task Wrong_options_refuse_the_start_and_are_all_named()
    {
        await using var plane = ControlPlaneProcess.Launch(new Dictionary<string, string?> { ["Database__Provider"] = "Oracle", ["Bootstrap__ApiToken"] = "short", ["PublicUrl"] = "ftp://x" });

        var exit = await plane.Process.WaitForExitAsync(_longest);

        Assert.NotEqual(0, exit);
        Assert.All(["Provider", "ApiToken", "PublicUrl"], key => Assert.Contains(key, plane.Process.Output));
    }

    [Fact]
    public async Task Nobody_there_means_a_link_to_set_up_in_the_log()
    {
        await using var plane = await ControlPlaneProcess.StartAsync(new Dictionary<string, string?> { ["Bootstrap__AdminEmail"] = null, ["Bootstrap__AdminPassword"] = null });

        await Eventually.TrueAsync(() => plane.Process.Output.Contains($"Open {plane.Url}/setup?token=", StringComparison.Ordinal), _longest, "the link is printed");
    }

    [Fact]
    public async Task H01_Five_wrong_tokens_void_the_link_and_a_new_one_is_printed()
    {
        await using var plane = await ControlPlaneProcess.StartAsync(new Dictionary<string, string?> { ["Bootstrap__AdminEmail"] = null, ["Bootstrap__AdminPassword"] = null });
        await Eventually.TrueAsync(() => Links(plane) == 1, _longest, "the link is printed");

        for (var i = 0; i < 5; i++)
            await plane.Client.GetAsync("/setup?token=guessed");

        await Eventually.TrueAsync(() => Links(plane) == 2, _longest, "a new link is printed");
    }

    [Theory]
    [InlineData("admin@example.org", "password1234"), InlineData("admin@example.org", ""), InlineData("long.admin.name@example.org", "long.admin.name@example.org"), InlineData("admin@example.org", null)]
    public async Task H02_A_password_that_is_tried_first_refuses_the_start(string email, string? password)
    {
        await using var plane = ControlPlaneProcess.Launch(new Dictionary<string, string?> { ["Bootstrap__AdminEmail"] = email, ["Bootstrap__AdminPassword"] = password });

        var exit = await plane.Process.WaitForExitAsync(_longest);

        Assert.NotEqual(0, exit);
        Assert.Contains("AdminPassword", plane.Process.Output);
    }

    [Theory]
    [InlineData("""{"name":"m","state":"Ready"}"""), InlineData("{"), InlineData("[]"), InlineData("\"x\"")]
    public async Task A_body_that_is_not_what_is_expected_gets_400(string body)
    {
        await using var plane = await ControlPlaneProcess.StartAsync();

        var answer = await plane.Client.PostAsync("/api/v1/models", new StringContent(body, Encoding.UTF8, "application/json"));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("Malformed", await answer.CodeAsync());
    }

    [Fact]
    public async Task Other_host_names_are_not_answered()
    {
        await using var plane = await ControlPlaneProcess.StartAsync();
        var request = new HttpRequestMessage(HttpMethod.Get, "/healthz/live") { Headers = { Host = "evil.example" } };

        var answer = await plane.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    private static int Links(ControlPlaneProcess plane) => plane.Process.Output.Split($"Open {plane.Url}/setup?token=").Length - 1;
}
