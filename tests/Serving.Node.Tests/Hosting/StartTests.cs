using Serving.Contracts;
using Serving.Contracts.Joining;
using Serving.Node.Inspect;
using Serving.Node.Tests.Kit;
using Testing.Models;

namespace Serving.Node.Tests.Hosting;

/// <summary>What a node does not start with.</summary>
public sealed class StartTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("node-start-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("Node__ControlPlaneUrl", "http://control-plane.example.org", "without TLS")]
    [InlineData("Node__ControlPlaneUrl", "ftp://127.0.0.1", "no absolute http or https address")]
    [InlineData("Node__ControlPlaneCa", "/no/such/file.pem", "there is no file")]
    [InlineData(RuntimeFloor.ConfigurationFromModel, "1", "models would configure the runtime")]
    public async Task H65_S7_It_does_not_start_where_others_could_read_its_credential_or_models_set_it_up(string name, string value, string says)
    {
        await using var node = NodeProcess.Start(_folder, new Dictionary<string, string?> { [name] = value });

        var code = await node.Process.WaitForExitAsync(TimeSpan.FromSeconds(60));

        Assert.NotEqual(0, code);
        Assert.Contains(says, node.Process.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://control-plane.example.org", false, true), InlineData("http://127.0.0.1:5080", false, true), InlineData("http://localhost:5080", false, true), InlineData("", false, true)]
    [InlineData("http://10.0.0.7:5080", false, false), InlineData("http://10.0.0.7:5080", true, true), InlineData("http://127.0.0.1.example.org", false, false), InlineData("control-plane", true, false)]
    public void H65_Without_TLS_only_this_machine_or_a_network_that_was_said_to_be_safe(string url, bool plain, bool isGood) => Assert.Equal(isGood, ControlPlaneTrust.WhyNot(url, plain) is null);

    [Fact]
    public async Task H51_What_a_model_says_of_the_runtime_is_for_showing_only()
    {
        // Read as a configuration, this would stop the load.
        await File.WriteAllBytesAsync(Path.Combine(_folder, "model.onnx"), TinyModel.WithMetadata(1, "ort_config", "{\"session_options\": \"no such thing\""));
        using var output = new MemoryStream();

        InspectCommand.Write(output, _folder, measures: false);

        Assert.Contains("\"check\":\"loads\",\"outcome\":\"passed\"", System.Text.Encoding.UTF8.GetString(output.ToArray()), StringComparison.Ordinal);
        Assert.DoesNotContain(ChildCommand.Build("/bin/true", [], _folder, ChildLimits.Probe, withoutNetwork: false).ArgumentList, argument => argument.StartsWith("ORT_", StringComparison.Ordinal));
        Assert.Equal("-i", ChildCommand.Build("/bin/true", [], _folder, ChildLimits.Probe, withoutNetwork: false).ArgumentList[0]);
    }
}
