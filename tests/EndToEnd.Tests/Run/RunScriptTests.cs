using System.Diagnostics;
using Testing;
using Testing.Processes;

namespace EndToEnd.Tests.Run;

public sealed class RunScriptTests
{
    private const string Sleeping = "echo \"Open $PublicUrl/setup?token=abc123 (valid 30 min)\"; exec sleep 300\n";

    /// <summary>Starts a child in a session of its own and records it, as the control plane does with nodes.</summary>
    private const string WithChild = """
        setsid sleep 300 >/dev/null 2>&1 &
        child=$!
        stat=$(cat /proc/$child/stat); set -- ${stat##*) }
        echo "{\"pid\": $child, \"startTime\": ${20}, \"port\": 8000}" > "$Data__Directory/run/node-1.json"
        echo "{\"pid\": $KEEP_PID, \"startTime\": 1, \"port\": 8010}" > "$Data__Directory/run/node-2.json"
        exec sleep 300

        """;

    private static readonly TimeSpan _soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Shows_the_setup_link_says_when_it_is_ready_and_ends_with_zero()
    {
        await using var tree = await RunTree.MakeAsync(Sleeping);
        var run = tree.Start();

        await tree.SaysAsync(run, $"Open http://127.0.0.1:{tree.Port}/setup?token=abc123");
        await tree.SaysAsync(run, "Ready after ");
        var pid = await tree.RecordedPidAsync();
        run.SendTerminate();

        Assert.Equal(0, await run.WaitForExitAsync(_soon));
        Assert.False(RunTree.IsAlive(pid));
        Assert.Empty(Directory.GetFiles(Path.Combine(tree.Data, "run"), "*.json"));
    }

    [Fact]
    public async Task Ends_on_an_interrupt_even_when_a_script_started_it_in_the_background()
    {
        await using var tree = await RunTree.MakeAsync(Sleeping);
        var script = tree.StartInBackground();
        var output = await tree.SaysAsync(script, "Ready after ");

        var pid = output.Split("started ")[1].Split('.')[0];
        await using var interrupt = ChildProcess.Start("/bin/bash", ["-c", $"kill -INT {pid}"]);

        Assert.Equal(0, await script.WaitForExitAsync(_soon));
        await tree.SaysAsync(script, "Stopped.");
    }

    [Fact]
    public async Task Starts_the_control_plane_again_when_it_dies()
    {
        await using var tree = await RunTree.MakeAsync(Sleeping);
        var run = tree.Start();
        await tree.SaysAsync(run, "Ready after ");
        var first = await tree.RecordedPidAsync();

        Process.GetProcessById(first).Kill();
        await tree.SaysAsync(run, "starting it again");
        var second = await Eventually.GetAsync(tree.RecordedPidAsync, pid => pid != first && RunTree.IsAlive(pid), _soon, "another control plane");
        run.SendTerminate();

        Assert.Equal(0, await run.WaitForExitAsync(_soon));
        Assert.False(RunTree.IsAlive(second));
    }

    [Fact]
    public async Task Gives_up_and_shows_the_reason_when_the_control_plane_never_starts()
    {
        await using var tree = await RunTree.MakeAsync("echo 'Database: the provider Oracle is not known.' >&2; exit 3\n");

        var run = tree.Start();

        Assert.Equal(1, await run.WaitForExitAsync(_soon));
        await tree.SaysAsync(run, "exit status 3");
        await tree.SaysAsync(run, "the provider Oracle is not known");
    }

    [Fact]
    public async Task Ends_recorded_children_but_no_process_that_only_has_their_number()
    {
        await using var stranger = ChildProcess.Start("/bin/sleep", ["300"]);
        await using var tree = await RunTree.MakeAsync(WithChild.Replace("$KEEP_PID", $"{stranger.Id}", StringComparison.Ordinal));
        var run = tree.Start();
        await tree.SaysAsync(run, "Ready after ");
        var record = Path.Combine(tree.Data, "run", "node-1.json");
        var child = System.Text.Json.JsonDocument.Parse(await File.ReadAllTextAsync(record)).RootElement.GetProperty("pid").GetInt32();
        Assert.True(RunTree.IsAlive(child));

        run.SendTerminate();

        Assert.Equal(0, await run.WaitForExitAsync(_soon));
        Assert.False(RunTree.IsAlive(child));
        Assert.False(stranger.HasExited);
    }

    [Fact]
    public async Task Takes_over_after_a_run_that_was_killed_and_refuses_a_second_one()
    {
        await using var tree = await RunTree.MakeAsync(Sleeping);
        var killed = tree.Start();
        await tree.SaysAsync(killed, "Ready after ");
        var orphan = await tree.RecordedPidAsync();
        killed.Kill();
        await killed.WaitForExitAsync(_soon);
        Assert.True(RunTree.IsAlive(orphan));

        var next = tree.Start();
        await tree.SaysAsync(next, "Ready after ");
        var second = tree.Start();

        Assert.Equal(1, await second.WaitForExitAsync(_soon));
        await tree.SaysAsync(second, "Another ./run uses");
        Assert.False(RunTree.IsAlive(orphan));
        next.SendTerminate();
        Assert.Equal(0, await next.WaitForExitAsync(_soon));
    }

    [Theory]
    [InlineData("--prot", "1")]
    [InlineData("--node-port", "x")]
    [InlineData("--gateway-port", "70000")]
    public async Task Wrong_arguments_end_it_with_two(params string[] arguments)
    {
        await using var tree = await RunTree.MakeAsync(Sleeping);

        var run = tree.Start(arguments);

        Assert.Equal(2, await run.WaitForExitAsync(_soon));
        await tree.SaysAsync(run, "./run [--demo] [--data DIR] [--port 5080]");
    }

    [Fact]
    public async Task Demo_makes_an_administrator_once_and_loads_and_sends_when_ready()
    {
        await using var tree = await RunTree.MakeAsync("echo \"token ${Bootstrap__ApiToken} password ${Bootstrap__AdminPassword:-none}\" >> \"$Data__Directory/seen\"; exec sleep 300\n");
        await tree.WriteProgramAsync("ControlPlane.Demo", "echo \"demo $1 $3 $(cat \"${5:-/dev/null}\" 2>/dev/null)\"; [ \"$1\" = load ] || exec sleep 300\n");

        var first = tree.Start("--demo");
        var output = await tree.SaysAsync(first, "demo traffic http://127.0.0.1:8080");
        first.SendTerminate();
        Assert.Equal(0, await first.WaitForExitAsync(_soon));
        var second = tree.Start("--demo");
        await tree.SaysAsync(second, "demo traffic");
        second.SendTerminate();
        Assert.Equal(0, await second.WaitForExitAsync(_soon));

        var seen = (await File.ReadAllLinesAsync(Path.Combine(tree.Data, "seen"))).Select(line => line.Split(' ')).ToArray();
        Assert.Contains($"with the password {seen[0][3]} (shown this once)", output, StringComparison.Ordinal);
        Assert.Contains($"demo load http://127.0.0.1:{tree.Port} {seen[0][1]}", output, StringComparison.Ordinal);
        Assert.InRange(seen[0][1].Length, 32, 64);
        Assert.Equal((seen[0][1], "none"), (seen[1][1], seen[1][3]));
        Assert.DoesNotContain("shown this once", second.Output, StringComparison.Ordinal);
    }
}
