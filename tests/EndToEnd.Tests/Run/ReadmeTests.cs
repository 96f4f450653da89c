using System.Text.RegularExpressions;
using EndToEnd.Tests.Kit;
using Testing;
using Testing.Processes;

namespace EndToEnd.Tests.Run;

/// <summary>Whoever pastes the commands of the README gets what it says.</summary>
public sealed partial class ReadmeTests
{
    private const string Prologue = """
        set -euo pipefail
        cpctl() { if [ "$*" = login ]; then printf %s "$TOKEN" | "$CPCTL" login --token-stdin; else "$CPCTL" "$@"; fi; }

        """;

    [Fact]
    public async Task The_commands_of_the_readme_work_one_after_the_other()
    {
        await using var installation = await Installation.StartAsync(productionNodes: 1);
        var folder = Directory.CreateTempSubdirectory("readme-").FullName;
        var model = await File.ReadAllBytesAsync(Path.Combine(Repository.Shared, "models", "good", "rf_iris_sklearn.onnx"));
        await File.WriteAllBytesAsync(Path.Combine(folder, "iris-1.onnx"), model);
        // Another model in bytes, the same in what it answers: a name of the producer.
        await File.WriteAllBytesAsync(Path.Combine(folder, "iris-2.onnx"), [.. model, 0x1a, 0x01, (byte)'2']);
        var readme = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "README.md"));
        var commands = string.Concat(Shell().Matches(readme).Select(block => block.Groups[1].Value));
        var script = Prologue + commands.Replace("http://127.0.0.1:8080", installation.Gateway, StringComparison.Ordinal).Replace("http://127.0.0.1:5080", installation.Url, StringComparison.Ordinal);

        await using var shell = ChildProcess.Start("/bin/bash", ["-xc", script], new Dictionary<string, string?>
        {
            ["CPCTL"] = Repository.Program("ControlPlane.Cli", "cpctl"),
            ["CPCTL_SERVER"] = installation.Url,
            ["CPCTL_GATEWAY"] = installation.Gateway,
            ["CPCTL_CONFIG"] = Path.Combine(folder, "config.json"),
            ["TOKEN"] = Installation.ApiToken,
        }, folder);
        var code = await shell.WaitForExitAsync(TimeSpan.FromMinutes(3));
        var served = await installation.GetAsync("environments/production/endpoints/iris");

        Assert.True(code == 0, shell.Output);
        Assert.Contains("cpctl rollback", commands, StringComparison.Ordinal);
        Assert.Contains("\"output_label\"", shell.Output, StringComparison.Ordinal);
        Assert.Equal("1", served.GetProperty("arms")[0].GetProperty("version").GetString());
        Directory.Delete(folder, recursive: true);
    }

    [GeneratedRegex("^```sh\n(.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Shell();
}
