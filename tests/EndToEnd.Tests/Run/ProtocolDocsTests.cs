using System.Text.RegularExpressions;
using EndToEnd.Tests.Kit;
using Testing;
using Testing.Processes;

namespace EndToEnd.Tests.Run;

/// <summary>The lines of docs/protocols.md work as they stand, through the gateway, with curl and with a stock gRPC client.</summary>
public sealed partial class ProtocolDocsTests
{
    private const string Npm = "npm install --no-audit --no-fund --loglevel=error @grpc/grpc-js@1.14.7 @grpc/proto-loader@0.8.1 && node infer.js";

    [Fact]
    public async Task Every_line_of_the_protocols_page_works()
    {
        await using var installation = await Installation.StartAsync(productionNodes: 1);
        var folder = Directory.CreateTempSubdirectory("protocols-").FullName;
        await installation.UploadAsync("iris", await File.ReadAllBytesAsync(Path.Combine(Repository.Shared, "models", "good", "rf_iris_sklearn.onnx")));
        await installation.CreateEndpointAsync("iris");
        await installation.DeployAsync("iris", "iris", "1");
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "protocols.md"));

        var curl = string.Join("echo\n", Blocks(page, "sh").SelectMany(Commands));
        var shell = await RunAsync("set -euo pipefail\n" + Here(curl, installation), folder);

        await File.WriteAllTextAsync(Path.Combine(folder, "infer.js"), Here(Assert.Single(Blocks(page, "js")), installation));
        File.Copy(Path.Combine(Repository.Root, "src", "Serving.Node", "Protocols", "OpenInference", "open_inference.proto"), Path.Combine(folder, "open_inference.proto"));
        var node = await RunAsync(Npm, folder);

        Assert.Contains("\"predictions\":[{\"output_label\":0,", shell, StringComparison.Ordinal);
        Assert.Contains("\"outputs\":{\"output_label\":[0],", shell, StringComparison.Ordinal);
        Assert.Contains("label 0n", node, StringComparison.Ordinal);
        Assert.Contains("streamed 2", node, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<string> RunAsync(string script, string folder)
    {
        await using var shell = ChildProcess.Start("/bin/bash", ["-c", script], workingDirectory: folder);
        var code = await shell.WaitForExitAsync(TimeSpan.FromMinutes(3));
        Assert.True(code == 0, script + "\n" + shell.Output);
        return shell.Output;
    }

    private static string Here(string text, Installation installation) => text
        .Replace("http://127.0.0.1:8080", installation.Gateway, StringComparison.Ordinal)
        .Replace("127.0.0.1:8081", installation.GatewayHttp2, StringComparison.Ordinal);

    private static IEnumerable<string> Blocks(string page, string language) => Fence().Matches(page).Where(block => block.Groups[1].Value == language).Select(block => block.Groups[2].Value);

    /// <summary>A line that ends in a pipe goes on in the next.</summary>
    private static IEnumerable<string> Commands(string block) => Command().Matches(block).Select(command => command.Value);

    [GeneratedRegex("^```(\\w+)\n(.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Fence();

    [GeneratedRegex("(?:[^\n]*\\|\n)*[^\n]*\n")]
    private static partial Regex Command();
}
