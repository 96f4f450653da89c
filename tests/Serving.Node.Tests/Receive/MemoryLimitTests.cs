using System.Net;
using System.Text;
using Serving.Node.Tests.Kit;
using Testing;

namespace Serving.Node.Tests.Receive;

/// <summary>A model that makes tensors as large as a request asks for.</summary>
public sealed class MemoryLimitTests
{
    [Theory]
    [InlineData(1_000_000, 1_000_000)] // 4 TB: no machine has it
    [InlineData(40_000, 40_000)] // 6.4 GB: a machine may have it, this process may not
    [InlineData(10_000, 10_000)] // 400 MB: it may, but nobody can read such an answer
    public async Task F69_A_request_for_an_enormous_output_is_an_error_and_the_node_goes_on(long rows, long columns)
    {
        using var state = new StateFolder()
            .Serve("bomb", await File.ReadAllBytesAsync(Path.Combine(Repository.Shared, "models", "odd", "expand_bomb_at_infer.onnx")))
            .Write();
        await using var node = NodeProcess.Start(Path.Combine(state.Root, "cache"), new Dictionary<string, string?>
        {
            ["Node__StateFile"] = state.StateFile,
            ["Node__ArtifactDirectory"] = state.Artifacts,
            ["Node__MemoryLimit"] = (3L << 30).ToString(),
        });
        await node.ReadyAsync(TimeSpan.FromSeconds(60));

        using var bomb = await PostAsync(node, rows, columns);
        using var small = await PostAsync(node, 2, 2);

        Assert.Equal(HttpStatusCode.InternalServerError, bomb.StatusCode);
        Assert.Equal("stable", Assert.Single(bomb.Headers.GetValues("X-Arm")));
        Assert.True(small.StatusCode == HttpStatusCode.OK, await small.Content.ReadAsStringAsync());
    }

    private static Task<HttpResponseMessage> PostAsync(NodeProcess node, long rows, long columns) => node.Client.PostAsync("/v2/models/bomb/infer", new StringContent(
        $$"""{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":[1]},{"name":"s","datatype":"INT64","shape":[2],"data":[{{rows}},{{columns}}]}]}""", Encoding.UTF8, "application/json"));
}
