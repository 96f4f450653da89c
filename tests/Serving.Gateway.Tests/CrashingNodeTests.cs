using System.Text;
using System.Text.Json;
using Serving.Contracts.State;
using Testing;
using Testing.Load;

namespace Serving.Gateway.Tests;

/// <summary>Real nodes behind a real gateway, one of which meets an input that its candidate dies of.</summary>
public sealed class CrashingNodeTests
{
    private const double Poison = 666;

    [Fact]
    public async Task F61_A_node_that_dies_of_an_input_costs_no_request_and_serves_without_the_release_after_the_third_time()
    {
        await using var gateway = new GatewayProcess();
        await using var weak = new RealNode("weak", RuntimeConfiguration.InProcess);
        await using var strong = new RealNode("strong", RuntimeConfiguration.InProcess);
        var armed = $"model.run.{weak.Candidate.Id}=segfault@{Poison}";
        await weak.StartAsync(1, provenAfter: "00:00:01");
        await weak.ProvenAsync();
        await Task.WhenAll(weak.StartAsync(2, armed), strong.StartAsync(2));
        await gateway.StartAsync(weak.Peer, strong.Peer);
        await using var load = OpenLoopLoad.Start(50, gateway.Address + "/predict/e", BodyOf(1));

        for (var crash = 0; crash < 3; crash++)
        {
            var poisoned = await PoisonUntilAsync(gateway, () => weak.Process.HasExited);
            Assert.All(poisoned, one => Assert.True(one.IsSuccessStatusCode));
            await weak.StartAsync(2, armed);
        }

        var status = await Eventually.GetAsync(weak.StatusAsync, seen => seen.TryGetProperty("rejected", out _), TimeSpan.FromSeconds(20), "the refusal");
        var harmless = 0;
        await PoisonUntilAsync(gateway, () => ++harmless > 50);
        var history = await load.StopAsync();

        Assert.All(history, request => Assert.True(request.Status == 200, request.Text));
        Assert.Equal(weak.Candidate.Id, Assert.Single(status.GetProperty("quarantined").EnumerateArray()).GetProperty("release").GetString());
        Assert.Equal((1, "CrashLoop"), (status.GetProperty("appliedRevision").GetInt64(), status.GetProperty("rejected").GetProperty("reason").GetString()));
        Assert.False(weak.Process.HasExited);
    }

    [Fact]
    public async Task F61_A_release_whose_own_process_dies_of_an_input_is_asked_of_another_node()
    {
        await using var gateway = new GatewayProcess();
        await using var weak = new RealNode("weak", RuntimeConfiguration.Process);
        await using var strong = new RealNode("strong", RuntimeConfiguration.Process);
        await Task.WhenAll(weak.StartAsync(2, $"model.run.{weak.Candidate.Id}=crash@{Poison}"), strong.StartAsync(2));
        await gateway.StartAsync(weak.Peer, strong.Peer);
        var pid = weak.Process.Id;

        // Of a version that is asked for no other arm of the same node may answer.
        var crashed = 0;
        var answers = new List<(int Status, string? Version)>();
        while (answers.Count < 40 || crashed == 0)
        {
            using var answer = await gateway.Client.PostAsync(gateway.Address + "/v2/models/e/versions/2/infer", new StringContent(
                $$"""{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":[{{Poison}}]}]}""", Encoding.UTF8, "application/json"));
            answers.Add(((int)answer.StatusCode, answer.Headers.TryGetValues("X-Model-Version", out var version) ? version.Single() : null));
            using var http = new HttpClient();
            crashed = (await http.GetStringAsync(weak.Peer.Address + "/metrics")).Contains("serving_worker_crashes_total{model=\"m\",version=\"2\",release=\"" + weak.Candidate.Id + "\"} 0", StringComparison.Ordinal) ? 0 : 1;
        }

        Assert.All(answers, one => Assert.Equal((200, "2"), one));
        Assert.Equal((pid, false), (weak.Process.Id, weak.Process.HasExited));
    }

    private static async Task<IReadOnlyList<HttpResponseMessage>> PoisonUntilAsync(GatewayProcess gateway, Func<bool> isOver)
    {
        var answers = new List<HttpResponseMessage>();
        await Eventually.TrueAsync(
            async () =>
            {
                answers.Add(await gateway.Client.PostAsync(gateway.Address + "/predict/e", new ByteArrayContent(BodyOf(Poison)) { Headers = { ContentType = new("application/json") } }));
                return isOver();
            },
            TimeSpan.FromSeconds(30), "poisoned");
        return answers;
    }

    private static byte[] BodyOf(double x) => JsonSerializer.SerializeToUtf8Bytes(new { inputs = new { x = new[] { x } } });
}
