using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using ControlPlane.Data;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Web.Tests.Kit;
using ControlPlane.Web.Tests.Pages;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Tests.Rollouts;

/// <summary>Deployments as code, over HTTP on a real database.</summary>
public sealed class ApplyTests : IAsyncLifetime
{
    private const string Fraud = """
        kind: Endpoint
        environment: production
        name: fraud
        sloP99Ms: 120
        assignmentKey: user
        logging: { sample: 0.5, fields: [amount] }
        release:
          model: fraud@1
          runtime: { threads: 1, batching: { maxSize: 32, maxDelay: 1ms }, isolation: inProcess }
        rollout:
          strategy: canary
          steps: [ { weight: 5%, hold: 7d }, { weight: 100% } ]
          gates: [ { metric: error_rate, against: stable, maxIncrease: 20% } ]
        """;

    private readonly HostedControlPlane _plane = new();
    private HttpClient _admin = null!;

    public async ValueTask InitializeAsync()
    {
        await _plane.InitializeAsync();
        _admin = _plane.As("admin");
        await ChangeAsync(db =>
        {
            var fraud = Samples.Model("fraud");
            db.AddRange(fraud, Samples.Version(fraud), Samples.Version(fraud));
        });
    }

    public async ValueTask DisposeAsync()
    {
        _admin.Dispose();
        await _plane.DisposeAsync();
    }

    [Fact]
    public async Task The_first_release_comes_at_once_and_applying_again_changes_nothing()
    {
        var (status, first) = await ApplyAsync(Fraud);
        var revision = await RevisionAsync();
        var (_, again) = await ApplyAsync(Fraud);
        var (_, json) = await ApplyAsync(JsonSerializer.Serialize(new[] { await ExportAsync() }), "application/json");

        Assert.Equal(HttpStatusCode.OK, status);
        var change = Assert.Single(first.GetProperty("changes").EnumerateArray());
        Assert.Equal(("Endpoint", "production/fraud", "create"), (change.GetProperty("kind").GetString(), change.GetProperty("name").GetString(), change.GetProperty("action").GetString()));
        Assert.True(first.GetProperty("applied").GetBoolean());
        var rollout = await ReadAsync(db => db.Rollouts.SingleAsync());
        Assert.Equal((Strategies.AllAtOnce, RolloutPhase.Progressing), (rollout.Plan.Strategy, rollout.Phase));
        Assert.Equal(1_000, (await ReadAsync(db => db.Releases.SingleAsync())).Runtime.Batching!.MaxDelayUs);
        Assert.Empty(again.GetProperty("changes").EnumerateArray());
        Assert.Equal(revision, await RevisionAsync());
        Assert.Equal(1, await ReadAsync(db => db.Rollouts.CountAsync()));
        Assert.Equal(JsonValueKind.Array, json.GetProperty("changes").ValueKind);
    }

    [Fact]
    public async Task Another_version_comes_as_the_document_says_and_settings_change_with_it()
    {
        await ServeAsync();
        var changed = Fraud.Replace("@1", "@2", StringComparison.Ordinal).Replace("sloP99Ms: 120", "sloP99Ms: 80", StringComparison.Ordinal);

        var (_, plan) = await ApplyAsync(changed, query: "?dryRun=true");
        var untouched = await ReadAsync(db => db.Rollouts.CountAsync());
        var (_, applied) = await ApplyAsync(changed);
        var (_, again) = await ApplyAsync(changed);

        Assert.False(plan.GetProperty("applied").GetBoolean());
        Assert.Equal(1, untouched);
        var paths = applied.GetProperty("changes")[0].GetProperty("difference").EnumerateArray().Select(line => line.GetProperty("path").GetString()).ToList();
        Assert.Equal(["release.model", "sloP99Ms"], paths);
        Assert.Equal(plan.GetProperty("changes")[0].GetProperty("difference").ToString(), applied.GetProperty("changes")[0].GetProperty("difference").ToString());
        var rollout = await ReadAsync(db => db.Rollouts.OrderBy(known => known.Number).LastAsync());
        Assert.Equal((Strategies.Canary, 500, RolloutPhase.Progressing), (rollout.Plan.Strategy, rollout.Plan.Steps[1].Weight, rollout.Phase));
        Assert.Equal(80, (await ReadAsync(db => db.Endpoints.SingleAsync())).SloP99Ms);
        Assert.Empty(again.GetProperty("changes").EnumerateArray());
    }

    [Fact]
    public async Task In_a_protected_environment_it_waits_for_a_second_person_and_is_not_asked_twice()
    {
        await ServeAsync();
        await ChangeAsync(db => db.Environments.Single(environment => environment.Name == "production").Protected = true);
        var changed = Fraud.Replace("@1", "@2", StringComparison.Ordinal);

        await ApplyAsync(changed);
        var (_, again) = await ApplyAsync(changed);

        Assert.Equal(RolloutPhase.AwaitingApproval, (await ReadAsync(db => db.Rollouts.OrderBy(known => known.Number).LastAsync())).Phase);
        Assert.Empty(again.GetProperty("changes").EnumerateArray());
    }

    [Fact]
    public async Task All_or_nothing()
    {
        var (status, problem) = await ApplyAsync($"{Fraud}\n---\n{Fraud.Replace("name: fraud", "name: other", StringComparison.Ordinal).Replace("model: fraud@1", "model: nothing@7", StringComparison.Ordinal)}");

        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Contains("Document 2: There is no version nothing@7", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal((0, 0), (await ReadAsync(db => db.Endpoints.CountAsync()), await ReadAsync(db => db.Rollouts.CountAsync())));
    }

    [Fact]
    public async Task The_same_document_elsewhere_gives_the_same_release()
    {
        await ApplyAsync(Fraud);
        await ApplyAsync(Fraud.Replace("environment: production", "environment: staging", StringComparison.Ordinal));

        Assert.Single((await ReadAsync(db => db.Rollouts.ToListAsync())).Select(rollout => rollout.ToRelease).Distinct());
    }

    [Theory]
    [InlineData("kind: BatchJob", "kind BatchJob is not part of this version")]
    [InlineData("name: x", "kind must be Endpoint")]
    [InlineData("kind: Endpoint\nname: x", "environment must say where")]
    [InlineData("kind: Endpoint\nenvironment: production\nname: x\nassignementKey: user", "assignementKey is no member of an Endpoint document")]
    [InlineData("kind: Endpoint\nenvironment: production\nname: x\nsloP99Ms: fast", "sloP99Ms has another form here")]
    [InlineData("kind: Endpoint\nenvironment: production\nname: x\nlogging: { sample: 3 }", "logging.sample must be a share")]
    [InlineData("kind: Endpoint\nenvironment: production\nname: x\nlogging: { sampel: 1 }", "logging.sampel")]
    [InlineData("kind: Endpoint\nenvironment: production\nname: x\nrelease: { model: fraud }", "release.model is name@version")]
    [InlineData("kind: Endpoint\nenvironment: nowhere\nname: x", "There is no environment nowhere")]
    [InlineData("kind: Endpoint\nenvironment: production\nname: ../x", "name")]
    [InlineData("kind: Endpoint\nkind: Endpoint", "kind is there twice")]
    [InlineData("a: &x [1]\nb: *x", "anchors and aliases are not taken")]
    [InlineData("a: !!binary aGk=", "tags are not taken")]
    [InlineData("just text", "a document is made of members")]
    [InlineData("a: [", "Line ")]
    [InlineData("", "There is no document")]
    public async Task What_is_no_document_is_refused_by_name(string text, string said)
    {
        var (status, problem) = await ApplyAsync(text);

        Assert.InRange((int)status, 400, 404);
        Assert.Contains(said, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, await ReadAsync(db => db.Endpoints.CountAsync()));
    }

    [Fact]
    public async Task Depth_is_bounded()
    {
        var (status, problem) = await ApplyAsync($"a: {new string('[', 5_000)}{new string(']', 5_000)}");

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("nested deeper", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pool_stays_and_a_rollout_under_way_to_another_release_is_not_run_over()
    {
        await ServeAsync();
        var (_, pool) = await ApplyAsync(Fraud.Replace("name: fraud", "name: fraud\npool: gpu", StringComparison.Ordinal));
        await ApplyAsync(Fraud.Replace("@1", "@2", StringComparison.Ordinal));
        var (status, back) = await ApplyAsync(Fraud.Replace("threads: 1", "threads: 2", StringComparison.Ordinal));

        Assert.Contains("pool of production/fraud is default and stays so", pool.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Conflict, status);
        Assert.Contains("is under way", back.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory, InlineData("viewer", 403), InlineData("engineer", 403), InlineData("releaser", 200), InlineData("token", 200), InlineData("anon", 401)]
    public async Task H16_Who_may_not_deploy_there_does_not_by_a_document_either(string caller, int expected)
    {
        using var content = new StringContent(Fraud, Encoding.UTF8, "application/yaml");
        using var answer = await _plane.As(caller).PostAsync("/api/v1/apply", content, TestContext.Current.CancellationToken);

        Assert.Equal(expected, (int)answer.StatusCode);
        Assert.Equal(expected == 200 ? 1 : 0, await ReadAsync(db => db.Endpoints.CountAsync()));
    }

    /// <summary>Version 1 serves, as if nodes had taken it.</summary>
    private async Task ServeAsync()
    {
        await ApplyAsync(Fraud);
        await ChangeAsync(db =>
        {
            var (rollout, endpoint) = (db.Rollouts.Single(), db.Endpoints.Single());
            endpoint.Serve(rollout.ToRelease, DateTimeOffset.UnixEpoch);
            var done = RolloutMachine.Next(rollout.Plan, rollout.State, new RolloutEvent.TakenOver("the test", DateTimeOffset.UnixEpoch));
            Assert.True(done.TryGet(out var transition, out _));
            rollout.Move(transition, "test", DateTimeOffset.UnixEpoch);
        });
    }

    private async Task<(HttpStatusCode Status, JsonElement Body)> ApplyAsync(string text, string type = "application/yaml", string query = "")
    {
        using var content = new StringContent(text, Encoding.UTF8) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };
        using var answer = await _admin.PostAsync($"/api/v1/apply{query}", content, TestContext.Current.CancellationToken);
        return (answer.StatusCode, JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
    }

    private async Task<JsonElement> ExportAsync() =>
        JsonSerializer.Deserialize<JsonElement>(await _admin.GetStringAsync("/api/v1/environments/production/endpoints/fraud/document", TestContext.Current.CancellationToken));

    private async Task<T> ReadAsync<T>(Func<ControlPlaneDb, Task<T>> read)
    {
        await using var db = _plane.Open();
        return await read(db);
    }

    private async Task ChangeAsync(Action<ControlPlaneDb> change)
    {
        await using var db = _plane.Open();
        change(db);
        await db.SaveChangesAsync(TestContext.Current.CancellationToken);
    }

    private Task<long> RevisionAsync() => ReadAsync(db => db.Environments.Where(environment => environment.Name == "production").Select(environment => environment.Revision).SingleAsync());
}
