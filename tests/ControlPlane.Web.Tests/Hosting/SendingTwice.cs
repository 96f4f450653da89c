using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ControlPlane.Web.Tests.Kit;

namespace ControlPlane.Web.Tests.Hosting;

/// <summary>Commands with an idempotency key.</summary>
public sealed class SendingTwice(SharedControlPlane shared) : IClassFixture<SharedControlPlane>
{
    private readonly ControlPlaneProcess _plane = shared.Plane;

    [Fact]
    public async Task F18_A_command_sent_twice_with_one_key_is_carried_out_once_and_answered_the_same()
    {
        var first = await SendAsync("/api/v1/models", new { name = "sent-twice" }, "k-1");
        var second = await SendAsync("/api/v1/models", new { name = "sent-twice" }, "k-1");
        var third = await SendAsync("/api/v1/models", new { name = "sent-twice" }, "k-2");

        Assert.Equal(HttpStatusCode.Created, first.StatusCode);
        Assert.Equal(HttpStatusCode.Created, second.StatusCode);
        Assert.Equal(await first.Content.ReadAsStringAsync(), await second.Content.ReadAsStringAsync());
        Assert.Equal(first.Headers.Location, second.Headers.Location);
        Assert.Equal("true", Assert.Single(second.Headers.GetValues("Idempotency-Replayed")));
        Assert.Equal(HttpStatusCode.Conflict, third.StatusCode);
    }

    [Fact]
    public async Task F18_The_same_deployment_sent_eight_times_at_once_is_one_rollout()
    {
        await using var fleet = await SimulatedFleet.StartAsync(_plane, "twice", 1);
        await fleet.ServeAsync("1");

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => SendAsync($"{fleet.Path}/deploy?wait=5s", new { model = "twice", version = "2", strategy = "allAtOnce" }, "deploy-2")));
        var bodies = await Task.WhenAll(answers.Select(answer => answer.Content.ReadAsStringAsync()));
        var last = int.Parse(JsonDocument.Parse(bodies[0]).RootElement.GetProperty("rollout").Text("id")!, CultureInfo.InvariantCulture);
        var next = await _plane.Client.GetAsync($"/api/v1/rollouts/{last + 1}");

        Assert.All(answers, answer => Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}"));
        Assert.Single(bodies.Distinct(StringComparer.Ordinal));
        Assert.Equal(HttpStatusCode.NotFound, next.StatusCode);
    }

    [Fact]
    public async Task F18_The_same_key_with_another_body_is_refused()
    {
        await SendAsync("/api/v1/models", new { name = "one-body" }, "k-3");

        var other = await SendAsync("/api/v1/models", new { name = "another-body" }, "k-3");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, other.StatusCode);
        Assert.Equal("IdempotencyKeyReused", (await other.JsonAsync()).Text("code"));
        Assert.Equal(HttpStatusCode.NotFound, (await _plane.Client.GetAsync("/api/v1/models/another-body")).StatusCode);
    }

    [Fact]
    public async Task A_secret_that_is_shown_once_is_not_kept_to_be_shown_again()
    {
        var body = new { environment = "production", pool = "default", uses = 1 };
        var first = await SendAsync("/api/v1/nodes/join-tokens", body, "k-4");
        var second = await SendAsync("/api/v1/nodes/join-tokens", body, "k-4");

        Assert.True(first.IsSuccessStatusCode, await first.Content.ReadAsStringAsync());
        Assert.Equal("ShownOnce", (await second.JsonAsync()).Text("code"));
    }

    [Theory]
    [InlineData("tab\there")]
    [InlineData("a b")]
    public async Task A_key_that_is_none_is_refused_by_name(string key)
    {
        var answer = await SendAsync("/api/v1/models", new { name = "never-made" }, key);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("Idempotency-Key", (await answer.JsonAsync()).Text("detail"));
    }

    private async Task<HttpResponseMessage> SendAsync(string path, object body, string key)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        return await _plane.Client.SendAsync(request);
    }
}
