using System.Text.Json;

namespace ControlPlane.Cli.Tests;

/// <summary>The real program: exit codes, and what goes to which stream.</summary>
public sealed class CommandTests
{
    [Theory]
    [InlineData(0, "model", "list")]
    [InlineData(0, "model", "show", "fraud")]
    [InlineData(2, "model", "frobnicate")]
    [InlineData(2, "model", "list", "-o", "xml")]
    [InlineData(2, "endpoint", "show", "a/b/c")]
    [InlineData(2, "deploy", "fraud", "fraud")]
    [InlineData(2, "login")]
    [InlineData(2, "node", "revoke", "node-1")]
    [InlineData(2, "user", "disable", "b@example.com")]
    [InlineData(2, "token", "revoke", "1")]
    [InlineData(0, "user", "disable", "b@example.com", "--yes")]
    [InlineData(0, "user", "role", "b@example.com", "releaser")]
    [InlineData(0, "token", "revoke", "1", "--yes")]
    [InlineData(4, "token", "create", "ci")]
    [InlineData(5, "user", "role", "a@example.com", "viewer")]
    [InlineData(0, "approve", "42"), InlineData(0, "reject", "42", "--reason", "no"), InlineData(0, "rollout", "start", "42")]
    [InlineData(0, "environment", "protect", "production")]
    [InlineData(2, "rollout", "create", "fraud", "fraud"), InlineData(2, "rollout", "create", "fraud", "fraud@2", "--plan", "/dev/null")]
    [InlineData(3, "model", "show", "nothing")]
    [InlineData(4, "model", "show", "secret")]
    [InlineData(5, "model", "create", "fraud")]
    public async Task Ends_with_the_exit_code_that_scripts_rely_on(int expected, params string[] arguments)
    {
        await using var server = await FakeControlPlane.StartAsync();

        var (code, _, talk) = await server.RunAsync(arguments);

        Assert.True(code == expected, $"{code}: {talk}");
    }

    [Fact]
    public async Task Says_what_happened_when_nobody_answers()
    {
        await using var server = await FakeControlPlane.StartAsync();

        var (code, output, talk) = await server.RunAsync("model", "list", "--server", "http://127.0.0.1:1");

        Assert.Equal((1, ""), (code, output));
        Assert.Contains("http://127.0.0.1:1 does not answer", talk, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Data_goes_to_standard_output_in_the_form_asked_for_and_all_parts_of_a_list_are_read()
    {
        await using var server = await FakeControlPlane.StartAsync();

        var (_, names, _) = await server.RunAsync("model", "list", "-o", "name");
        var (_, json, _) = await server.RunAsync("model", "list", "-o", "json");
        var (_, yaml, _) = await server.RunAsync("model", "list", "-o", "yaml");
        var (_, table, _) = await server.RunAsync("model", "list");

        Assert.Equal("fraud\nspam\n", names);
        Assert.Equal(2, JsonDocument.Parse(json).RootElement.GetArrayLength());
        Assert.Contains("- name: fraud", yaml, StringComparison.Ordinal);
        Assert.StartsWith("NAME", table, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b[", table, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Invites_a_person_and_lists_who_is_there()
    {
        await using var server = await FakeControlPlane.StartAsync();

        var (_, link, _) = await server.RunAsync("user", "invite", "b@example.com", "--role", "engineer", "-o", "name");
        var (_, table, _) = await server.RunAsync("user", "list");

        Assert.Equal("http://here/invitation\n", link);
        Assert.Contains("b@example.com  viewer  invited", table, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Ready", 0)]
    [InlineData("Rejected", 6)]
    public async Task Push_goes_on_after_a_cut_and_tells_the_outcome_of_the_validation(string status, int expected)
    {
        await using var server = await FakeControlPlane.StartAsync();
        server.Status = status;
        server.Cuts = 1;
        var file = Path.Combine(Directory.CreateTempSubdirectory().FullName, "m.onnx");
        var bytes = Enumerable.Range(0, 2_500).Select(i => (byte)i).ToArray();
        await File.WriteAllBytesAsync(file, bytes);

        var (code, output, talk) = await server.RunAsync("version", "push", "fraud", file, "--wait");

        Assert.True(code == expected, talk);
        Assert.Equal(bytes, server.Uploaded);
        Assert.Contains(status, output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Completed", 0)]
    [InlineData("Paused", 7)]
    [InlineData("Progressing", 8)]
    public async Task Deploy_waits_and_ends_by_how_the_rollout_ended(string state, int expected)
    {
        await using var server = await FakeControlPlane.StartAsync();
        server.RolloutState = state;

        var (code, _, talk) = await server.RunAsync("deploy", "production/fraud", "fraud@2", "--wait");

        Assert.True(code == expected, talk);
        Assert.Contains("/endpoints/production/fraud", talk, StringComparison.Ordinal);
    }

    [Theory, InlineData("Completed", 0), InlineData("RolledBack", 7), InlineData("Progressing", 8)]
    public async Task Watch_tells_each_decision_and_ends_by_how_the_rollout_ended(string state, int expected)
    {
        await using var server = await FakeControlPlane.StartAsync();
        server.RolloutState = state;

        var (code, _, talk) = await server.RunAsync("rollout", "watch", "42", "--timeout", "3s");

        Assert.Equal(expected, code);
        Assert.Single(talk.Split('\n'), line => line.Contains("rollBack by automatic: error_rate", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_plan_in_YAML_arrives_with_its_numbers_as_numbers()
    {
        await using var server = await FakeControlPlane.StartAsync();
        var file = Path.Combine(Path.GetTempPath(), $"plan-{Guid.CreateVersion7():N}.yaml");
        await File.WriteAllTextAsync(file, "steps:\n  - { weight: 5%, hold: 10m, minSamples: 500 }\n  - { weight: 100% }\ngates:\n  - { metric: error_rate, max: 0.05 }\n");

        var (code, _, talk) = await server.RunAsync("rollout", "create", "production/fraud", "fraud@2", "--plan", file, "--strategy", "canary", "--submit");
        File.Delete(file);

        Assert.True(code == 0, talk);
        Assert.Equal(
            """{"release":{"model":"fraud@2"},"rollout":{"steps":[{"weight":"5%","hold":"10m","minSamples":500},{"weight":"100%"}],"gates":[{"metric":"error_rate","max":0.05}],"strategy":"canary"}}""",
            server.Drafted.GetRawText());
    }

    [Theory, InlineData("apply", true), InlineData("plan", false)]
    public async Task Documents_of_several_files_go_together_and_the_difference_is_shown(string verb, bool applies)
    {
        await using var server = await FakeControlPlane.StartAsync();
        var files = new[] { "kind: Endpoint\nname: one\n", "kind: Endpoint\nname: two\n" }.Select(text =>
        {
            var file = Path.Combine(Path.GetTempPath(), $"document-{Guid.CreateVersion7():N}.yaml");
            File.WriteAllText(file, text);
            return file;
        }).ToList();

        var (code, table, talk) = await server.RunAsync(verb, "-f", files[0], "-f", files[1]);
        var (_, json, _) = await server.RunAsync(verb, "-f", files[0], "-o", "json");
        files.ForEach(File.Delete);

        Assert.True(code == 0, talk);
        Assert.Contains("update  production/fraud by rollout #7", table, StringComparison.Ordinal);
        Assert.Contains("sloP99Ms: 120 -> 80", table, StringComparison.Ordinal);
        Assert.Equal(applies, JsonSerializer.Deserialize<JsonElement>(json).GetProperty("applied").GetBoolean());
        Assert.StartsWith("kind: Endpoint\nname: one", server.Declared, StringComparison.Ordinal);
        Assert.Equal(2, (await server.RunAsync(verb, "-f", "/no/such/file")).Code);
    }

    [Fact]
    public async Task An_endpoint_is_exported_as_a_document()
    {
        await using var server = await FakeControlPlane.StartAsync();

        var (code, yaml, _) = await server.RunAsync("export", "production/fraud");

        Assert.Equal((0, "kind: Endpoint\nenvironment: production\nname: fraud\nsloP99Ms: 120\nrelease:\n  model: fraud@1\n"), (code, yaml));
    }

    [Fact]
    public async Task Why_not_names_the_gate_that_blocks()
    {
        await using var server = await FakeControlPlane.StartAsync();
        server.RolloutState = "Inconclusive";

        var (code, table, talk) = await server.RunAsync("why-not", "production/fraud");

        Assert.True(code == 0, talk);
        Assert.Contains("#42", table, StringComparison.Ordinal);
        Assert.Contains("Gate error_rate: no failure in 12 requests. 3 of 500 samples.", table, StringComparison.Ordinal);
        Assert.DoesNotContain("latency_p99", table, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_command_shows_two_examples()
    {
        await using var server = await FakeControlPlane.StartAsync();

        var (code, help, _) = await server.RunAsync("version", "push", "--help");

        Assert.Equal(0, code);
        Assert.Equal(2, help.Split('\n').Count(line => line.Trim().StartsWith("cpctl version push", StringComparison.Ordinal) && !line.Contains('<', StringComparison.Ordinal)));
    }
}
