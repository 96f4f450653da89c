using System.Net;
using System.Text;
using Serving.Node.Tests.Kit;
using Testing;
using Testing.Models;

namespace Serving.Node.Tests.Faults;

/// <summary>The control plane is down, hangs, or its hub is: nodes go on with what they have and find their way back.</summary>
public sealed class ControlPlaneAwayTests
{
    [Fact]
    public async Task F09_A_node_restarted_while_the_control_plane_is_down_serves_from_its_disk()
    {
        await using var site = await Site.CreateAsync();
        await site.ServeFirstAsync();
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 1);
        await site.StopControlPlaneAsync();

        await site.RestartNodeAsync();
        await site.Node.ReadyAsync(TimeSpan.FromSeconds(10));

        Assert.Equal(2, await site.AskAsync());
        var status = await site.StatusAsync();
        Assert.Equal("cache", status.GetProperty("source").GetString());
        Assert.Equal(1, status.GetProperty("appliedRevision").GetInt64());
        Assert.InRange(status.GetProperty("configAge").GetDouble(), 0, 60);
    }

    [Fact]
    public async Task F09_A_node_restarted_while_the_control_plane_hangs_serves_from_its_disk()
    {
        await using var site = await Site.CreateAsync();
        await site.ServeFirstAsync();
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 1);
        site.ControlPlane.Hangs = true;

        await site.RestartNodeAsync();
        await site.Node.ReadyAsync(TimeSpan.FromSeconds(10));

        Assert.Equal(2, await site.AskAsync());
    }

    [Fact]
    public async Task F10_A_new_node_without_a_control_plane_is_alive_not_ready_and_joins_once_when_it_comes()
    {
        await using var site = await Site.CreateAsync();
        var port = site.ControlPlane.Port;
        await site.StopControlPlaneAsync();
        site.StartNode();
        using var ready = await Eventually.GetAsync(() => site.Node.Client.GetAsync("/healthz/ready"), _ => true, TimeSpan.FromSeconds(20), "an answer");
        using var live = await site.Node.Client.GetAsync("/healthz/live");
        var reason = await ready.Content.ReadAsStringAsync();

        await using var back = await FakeControlPlane.StartAsync(port);
        var plan = new Plan(back.Blobs).With(out var release, "1", TinyModel.Add(1)).Serving("e", release).Next().Seal();
        back.Serve(plan.Utf8.ToArray(), plan.ContentHash);
        await site.Node.ReadyAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Contains("NoConfiguration", reason, StringComparison.Ordinal);
        Assert.Equal(2, await site.AskAsync());
        Assert.Equal(1, back.Joins);
        Assert.Equal(1, Count(site.Node.Process.Output, "does not answer"));
    }

    [Fact]
    public async Task F09_The_age_of_the_configuration_goes_on_over_a_restart()
    {
        await using var site = await Site.CreateAsync();
        await site.ServeFirstAsync();
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 1);
        await site.StopControlPlaneAsync();
        foreach (var file in Directory.GetFiles(site.Cache, "state*", SearchOption.AllDirectories))
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddHours(-2));

        await site.RestartNodeAsync();
        await site.Node.ReadyAsync(TimeSpan.FromSeconds(20));

        var status = await site.StatusAsync();
        Assert.Equal("cache", status.GetProperty("source").GetString());
        Assert.InRange(status.GetProperty("configAge").GetDouble(), 7_200, 7_300);
    }

    [Fact]
    public async Task F38_A_node_converges_by_poll_when_every_push_is_swallowed()
    {
        await using var site = await Site.CreateAsync();
        var (plan, _) = await site.ServeFirstAsync();
        site.ControlPlane.SwallowsPushes = true;

        await site.ControlPlane.PublishAsync(plan.With(out var second, "2", TinyModel.Add(2)).Serving("e", second).Next().Seal());
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 2);

        Assert.Equal(3, await site.AskAsync());
        Assert.Equal("poll", (await site.StatusAsync()).GetProperty("source").GetString());
    }

    [Fact]
    public async Task F44_A_node_whose_hub_is_unreachable_polls_and_goes_on_trying_the_hub()
    {
        await using var site = await Site.CreateAsync();
        site.ControlPlane.HasNoHub = true;
        var (plan, _) = await site.ServeFirstAsync();
        await Eventually.TrueAsync(() => site.ControlPlane.HubAttempts >= 3, TimeSpan.FromSeconds(30), "hub tried three times");
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 1);

        site.ControlPlane.HasNoHub = false;
        await Eventually.TrueAsync(
            async () =>
            {
                plan = plan.Next();
                await site.ControlPlane.PublishAsync(plan.Seal());
                await site.ControlPlane.ReportAsync(report => report.AppliedRevision == plan.Revision);
                return (await site.StatusAsync()).GetProperty("source").GetString() == "push";
            },
            TimeSpan.FromSeconds(40), "a push arrives again");
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
