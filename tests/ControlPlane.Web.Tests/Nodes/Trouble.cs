using System.Net.Http.Json;
using System.Text.Json;
using ControlPlane.Web.Tests.Kit;
using Microsoft.Data.Sqlite;
using Testing;

namespace ControlPlane.Web.Tests.Nodes;

public sealed class Trouble
{
    [Fact]
    public async Task F12_One_rollout_that_cannot_be_looked_at_holds_up_no_other_and_says_so()
    {
        await using var plane = await ControlPlaneProcess.StartAsync();
        await using var poisoned = await SimulatedFleet.StartAsync(plane, "poisoned", 0);
        await using var healthy = await SimulatedFleet.StartAsync(plane, "healthy", 1);
        var stuck = (await poisoned.DeployAsync("1", "")).GetProperty("rollout").Text("id")!;
        Execute(plane, $"PRAGMA foreign_keys=OFF; DELETE FROM Endpoints WHERE Name = 'poisoned'");

        var condition = await poisoned.RolloutAsync(stuck, rollout => rollout.Text("condition") is not null);
        await healthy.ServeAsync("1");

        Assert.StartsWith("ReconcileFailed: ", condition.Text("condition"));
        Assert.NotEqual(JsonValueKind.Null, condition.GetProperty("nextTryAt").ValueKind);
        Assert.False(plane.Process.HasExited);
    }

    [Fact]
    public async Task F03_A_push_that_is_carried_out_again_and_again_is_applied_once()
    {
        await using var plane = await ControlPlaneProcess.StartAsync(new Dictionary<string, string?> { ["FAILPOINTS"] = "outbox.afterSend=throw" });
        await using var fleet = await SimulatedFleet.StartAsync(plane, "again", 2);

        var release = await fleet.ServeAsync("1");

        Assert.All(fleet.Nodes, node => Assert.Equal(release, fleet.ServedBy(node)));
        Assert.All(fleet.Nodes, node => Assert.Equal(node.AppliedRevisions.Distinct().Order(), node.AppliedRevisions));
    }

    [Fact]
    public async Task F26_After_a_restore_nodes_keep_what_they_have_until_somebody_asserts_it_again()
    {
        var data = Directory.CreateTempSubdirectory("restored-").FullName;
        var backup = Path.Combine(data, "backup.db");
        var plane = await ControlPlaneProcess.StartAsync(data: data);
        var fleet = await SimulatedFleet.StartAsync(plane, "restored", 2);
        var first = await fleet.ServeAsync("1");
        Execute(plane, $"VACUUM INTO '{backup}'");
        var second = await fleet.ServeAsync("2");
        var held = fleet.Nodes[0].Applied!.Revision;
        await plane.DisposeAsync();
        foreach (var file in Directory.GetFiles(data, "controlplane.db*"))
            File.Delete(file);
        File.Move(backup, Path.Combine(data, "controlplane.db"));
        await using var restored = await ControlPlaneProcess.StartAsync(new Dictionary<string, string?> { ["ASPNETCORE_URLS"] = plane.Url }, data);
        foreach (var node in fleet.Nodes)
        {
            await node.DisconnectAsync();
            await node.ConnectAsync();
        }

        var regressed = await Eventually.GetAsync(
            () => restored.Client.GetFromJsonAsync<JsonElement>(fleet.Path), endpoint => endpoint.GetProperty("conditions").GetArrayLength() > 0, SimulatedFleet.Longest, "the regression is seen");
        var keptByNodes = fleet.Nodes.Select(fleet.ServedBy).ToList();
        (await restored.Client.PostAsync("/api/v1/environments/production/reassert", null)).EnsureSuccessStatusCode();
        await Eventually.TrueAsync(() => fleet.Nodes.All(node => fleet.ServedBy(node) == first), SimulatedFleet.Longest, "nodes follow the new timeline");
        var after = await Eventually.GetAsync(
            () => restored.Client.GetFromJsonAsync<JsonElement>(fleet.Path), endpoint => endpoint.GetProperty("conditions").GetArrayLength() == 0, SimulatedFleet.Longest, "the regression is over");

        Assert.Equal("RevisionRegression", regressed.GetProperty("conditions")[0].GetString());
        Assert.Equal(0, regressed.GetProperty("acknowledged").GetInt32());
        Assert.Equal([second, second], keptByNodes);
        Assert.True(after.GetProperty("revision").GetInt64() > held);
        await fleet.DisposeAsync();
        Directory.Delete(data, recursive: true);
    }

    private static void Execute(ControlPlaneProcess plane, string sql)
    {
        using var database = new SqliteConnection($"Data Source={Path.Combine(plane.Data, "controlplane.db")};Pooling=False");
        database.Open();
        using var command = database.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
