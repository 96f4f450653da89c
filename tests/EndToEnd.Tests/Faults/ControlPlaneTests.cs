using System.Text;
using System.Text.Json;
using EndToEnd.Tests.Kit;
using Testing;
using Testing.Load;
using Testing.Models;
using Testing.Processes;

namespace EndToEnd.Tests.Faults;

/// <summary>The control plane killed at bad moments, with real processes.</summary>
public sealed class ControlPlaneTests
{
    private static readonly byte[] _body = Encoding.UTF8.GetBytes("""{"inputs":{"x":[1]}}""");

    [Fact]
    public async Task F01_Killed_before_the_commit_of_a_step_takes_the_decision_again_once()
    {
        await using var installation = await ServingAsync(failPoints: "rollout.advance.beforeCommit=crash");

        await AskAsync(installation, version: "1");
        await installation.ControlPlane.WaitForExitAsync(TimeSpan.FromSeconds(20));
        await installation.StartControlPlaneAsync();
        await CompletedAsync(installation, 1);

        var rollout = await installation.GetAsync("rollouts/1");
        Assert.Equal(["submit", "start", "advance", "complete"], rollout.GetProperty("decisions").EnumerateArray().Select(row => row.GetProperty("action").GetString()));
        await AnswersAsync(installation, version: "1");
    }

    [Fact]
    public async Task F02_Killed_after_the_commit_and_before_the_push_nodes_follow_by_themselves()
    {
        await using var installation = await ServingAsync(failPoints: "rollout.advance.afterCommit=crash");

        await AskAsync(installation, version: "1");
        await installation.ControlPlane.WaitForExitAsync(TimeSpan.FromSeconds(20));
        await installation.StartControlPlaneAsync();

        await CompletedAsync(installation, 1);
        var decisions = (await installation.GetAsync("rollouts/1")).GetProperty("decisions").EnumerateArray().Select(row => row.GetProperty("action").GetString()).ToList();
        Assert.Single(decisions, action => action == "advance");
        await AnswersAsync(installation, version: "1");
    }

    [Fact]
    public async Task F03_Killed_around_a_push_all_nodes_converge()
    {
        await using var installation = await ServingAsync(failPoints: null);
        await installation.DeployAsync("adder", "adder", "1");
        await installation.KillControlPlaneAsync();
        await installation.StartControlPlaneAsync("outbox.afterSend=crash");

        await AskAsync(installation, version: "2");
        await installation.ControlPlane.WaitForExitAsync(TimeSpan.FromSeconds(20));
        await installation.StartControlPlaneAsync();

        await CompletedAsync(installation, 2);
        await installation.ConvergedAsync();
        await AnswersAsync(installation, version: "2");
    }

    [Fact]
    public async Task F08_F09_Predictions_go_on_while_the_control_plane_is_down_and_a_node_restarts_from_its_disk()
    {
        await using var installation = await ServingAsync(failPoints: null);
        await installation.DeployAsync("adder", "adder", "1");
        await using var load = OpenLoopLoad.Start(200, $"{installation.Gateway}/predict/adder", _body);

        await installation.KillControlPlaneAsync();
        await Eventually.TrueAsync(() => load.History.Count > 1_000, TimeSpan.FromSeconds(30), "five seconds of load without a control plane");
        var before = await StatusAsync(installation, 1);
        Signals.Kill(installation.PidOf("node-production-2"));
        await Eventually.TrueAsync(() => load.History.Count > 3_000, TimeSpan.FromSeconds(30), "load with one node");
        await installation.StartControlPlaneAsync();
        await installation.ConvergedAsync();
        var history = await load.StopAsync();

        var failed = history.Where(sent => sent.Failed).ToList();
        Assert.True(failed.Count == 0, $"{failed.Count} of {history.Count} failed, the first: {failed.FirstOrDefault()}");
        Assert.Equal(JsonValueKind.Number, before.GetProperty("configAge").ValueKind);
        Assert.InRange(installation.LogOf("node-production-1").Split('\n').Count(line => line.Contains("does not answer", StringComparison.Ordinal)), 1, 3);
    }

    [Fact]
    public async Task A_node_that_dies_under_load_costs_no_request_and_is_started_again()
    {
        await using var installation = await ServingAsync(failPoints: null);
        await installation.DeployAsync("adder", "adder", "1");
        var first = installation.PidOf("node-production-1");
        await using var load = OpenLoopLoad.Start(200, $"{installation.Gateway}/predict/adder", _body);
        await Eventually.TrueAsync(() => load.History.Count > 300, TimeSpan.FromSeconds(20), "load under way");

        Signals.Kill(first);
        await Eventually.TrueAsync(() => installation.PidOf("node-production-1") != first, TimeSpan.FromSeconds(20), "the node started again");
        await installation.ConvergedAsync();
        var history = await load.StopAsync();

        var failed = history.Where(sent => sent.Failed).ToList();
        Assert.True(failed.Count == 0, $"{failed.Count} of {history.Count} failed, the first: {failed.FirstOrDefault()}");
    }

    [Fact]
    public async Task F71_A_node_that_is_asked_to_end_under_load_finishes_what_it_began()
    {
        await using var installation = await ServingAsync(failPoints: null);
        await installation.DeployAsync("adder", "adder", "1");
        await using var load = OpenLoopLoad.Start(200, $"{installation.Gateway}/predict/adder", _body);
        await Eventually.TrueAsync(() => load.History.Count > 300, TimeSpan.FromSeconds(20), "load under way");

        var pid = installation.PidOf("node-production-1");
        Signals.Terminate(pid);
        await Eventually.TrueAsync(() => installation.PidOf("node-production-1") != pid, TimeSpan.FromSeconds(40), "the node ended and started again");
        await installation.ConvergedAsync();
        var history = await load.StopAsync();

        var failed = history.Where(sent => sent.Failed).ToList();
        Assert.True(failed.Count == 0, $"{failed.Count} of {history.Count} failed, the first: {failed.FirstOrDefault()}");
    }

    private static async Task<Installation> ServingAsync(string? failPoints)
    {
        var installation = await Installation.StartAsync();
        await installation.UploadAsync("adder", TinyModel.Add(1));
        await installation.UploadAsync("adder", TinyModel.Add(2));
        await installation.CreateEndpointAsync("adder");
        if (failPoints is null)
            return installation;

        await installation.KillControlPlaneAsync();
        await installation.StartControlPlaneAsync(failPoints);
        return installation;
    }

    /// <summary>The control plane may die before it has answered.</summary>
    private static async Task AskAsync(Installation installation, string version)
    {
        try
        {
            await installation.DeployAsync("adder", "adder", version, wait: "0s");
        }
        catch (HttpRequestException died) when (died.StatusCode is null)
        {
            Assert.True(installation.ControlPlane.HasExited || died.InnerException is IOException);
        }
    }

    private static Task CompletedAsync(Installation installation, int rollout) => Eventually.GetAsync(
        () => installation.GetAsync($"rollouts/{rollout}"), seen => seen.GetProperty("state").GetString() == "Completed", TimeSpan.FromSeconds(40), "rollout completed");

    private static async Task AnswersAsync(Installation installation, string version)
    {
        using var client = new HttpClient();
        await Eventually.TrueAsync(
            async () =>
            {
                using var answer = await client.PostAsync($"{installation.Gateway}/predict/adder", new ByteArrayContent(_body));
                return answer.Headers.TryGetValues("X-Model-Version", out var served) && served.Single() == version;
            },
            TimeSpan.FromSeconds(20), $"answers of version {version}");
    }

    private static async Task<JsonElement> StatusAsync(Installation installation, int node)
    {
        using var client = new HttpClient();
        return JsonSerializer.Deserialize<JsonElement>(await client.GetStringAsync($"{installation.NodeUrl(node)}/status"));
    }
}
