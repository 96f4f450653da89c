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

    [Fact]
    public async Task Every_command_shows_two_examples()
    {
        await using var server = await FakeControlPlane.StartAsync();

        var (code, help, _) = await server.RunAsync("version", "push", "--help");

        Assert.Equal(0, code);
        Assert.Equal(2, help.Split('\n').Count(line => line.Trim().StartsWith("cpctl version push", StringComparison.Ordinal) && !line.Contains('<', StringComparison.Ordinal)));
    }
}
