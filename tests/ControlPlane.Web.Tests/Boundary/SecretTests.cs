using System.Net.Http.Json;
using ControlPlane.Web.Tests.Kit;

namespace ControlPlane.Web.Tests.Boundary;

/// <summary>What is said of secrets when something is wrong.</summary>
public sealed class SecretTests
{
    private const string Canary = "canary-9f1c2d-do-not-say";

    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task H92_Settings_that_refuse_the_start_are_named_and_never_told()
    {
        await using var plane = ControlPlaneProcess.Launch(new Dictionary<string, string?>
        {
            ["Database__Provider"] = "Oracle", ["Database__ConnectionString"] = $"Server=db;Password={Canary}", ["Bootstrap__ApiToken"] = $"{Canary}", ["Bootstrap__AdminPassword"] = Canary[..11], ["Bootstrap__AdminEmail"] = "no address",
        });

        Assert.NotEqual(0, await plane.Process.WaitForExitAsync(_longest));
        Assert.Contains("ApiToken", plane.Process.Output);
        Assert.DoesNotContain(Canary[..11], plane.Process.Output);
    }

    [Fact]
    public async Task H92_A_database_that_cannot_be_reached_is_spoken_of_without_its_password()
    {
        await using var plane = await ControlPlaneProcess.StartAsync(
            new Dictionary<string, string?> { ["Database__Provider"] = "PostgreSql", ["Database__ConnectionString"] = $"Host=127.0.0.1;Port=1;Username=cp;Password={Canary}", ["Database__RetryAfter"] = "00:00:00.500" },
            until: "/healthz/live");

        using var health = await plane.Client.GetAsync("/healthz/ready");
        using var answer = await plane.Client.GetAsync("/api/v1/models");
        using var page = await plane.Client.GetAsync("/models");

        Assert.Contains("The database cannot be used yet", plane.Process.Output);
        Assert.All(
            [await health.Content.ReadAsStringAsync(), await answer.Content.ReadAsStringAsync(), await page.Content.ReadAsStringAsync(), plane.Process.Output],
            text => Assert.DoesNotContain(Canary, text));
        Assert.All([await answer.Content.ReadAsStringAsync(), await page.Content.ReadAsStringAsync()], text =>
        {
            Assert.DoesNotContain("   at ", text);
            Assert.DoesNotContain("Npgsql", text);
            Assert.DoesNotContain("127.0.0.1", text);
        });
    }

    [Fact]
    public async Task H92_What_was_sent_stands_neither_in_the_answer_to_it_nor_in_the_log()
    {
        await using var plane = await ControlPlaneProcess.StartAsync();

        using var malformed = await plane.Client.PostAsync("/api/v1/session", new StringContent($$"""{"email":"a@example.org","password":"{{Canary}}","more":1}""", System.Text.Encoding.UTF8, "application/json"));
        using var wrong = await plane.Client.PostAsJsonAsync("/api/v1/session", new { email = "a@example.org", password = Canary });
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/models?access_token={Canary}") { Headers = { { "Authorization", $"Bearer {Canary}-0123456789-0123456789" } } };
        using var unknown = await plane.Client.SendAsync(request);

        Assert.All([await malformed.Content.ReadAsStringAsync(), await wrong.Content.ReadAsStringAsync(), await unknown.Content.ReadAsStringAsync(), plane.Process.Output], text => Assert.DoesNotContain(Canary, text));
    }

    [Fact]
    public async Task H93_A_file_of_a_secret_that_is_a_directory_refuses_the_start_and_says_so()
    {
        var folder = Directory.CreateTempSubdirectory("secret-").FullName;
        await using var plane = ControlPlaneProcess.Launch(new Dictionary<string, string?> { ["Bootstrap__ApiToken"] = null, ["Bootstrap__ApiToken_FILE"] = folder });

        Assert.NotEqual(0, await plane.Process.WaitForExitAsync(_longest));
        Assert.Contains($"Bootstrap:ApiToken_FILE names '{folder}', which is a directory. It must name a file that holds the value.", plane.Process.Output);
    }

    [Fact]
    public async Task H93_A_file_of_a_secret_that_is_not_there_refuses_the_start_and_says_so()
    {
        await using var plane = ControlPlaneProcess.Launch(new Dictionary<string, string?> { ["Bootstrap__ApiToken_FILE"] = "/nowhere/token" });

        Assert.NotEqual(0, await plane.Process.WaitForExitAsync(_longest));
        Assert.Contains("Bootstrap:ApiToken_FILE names '/nowhere/token', which cannot be read", plane.Process.Output);
    }

    [Theory]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead, true), InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite, false)]
    public async Task H93_A_secret_that_everybody_can_read_is_warned_of(UnixFileMode mode, bool isWarned)
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, $"{Canary}-0123456789-0123456789\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, mode);

        await using var plane = await ControlPlaneProcess.StartAsync(new Dictionary<string, string?> { ["Bootstrap__ApiToken"] = null, ["Bootstrap__ApiToken_FILE"] = file });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/models") { Headers = { { "Authorization", $"Bearer {Canary}-0123456789-0123456789" } } };
        using var answer = await plane.Client.SendAsync(request);

        Assert.True(answer.IsSuccessStatusCode);
        Assert.Equal(isWarned, plane.Process.Output.Contains($"Everybody on this machine can read the secret in {file}", StringComparison.Ordinal));
        Assert.DoesNotContain(Canary, plane.Process.Output);
    }
}
