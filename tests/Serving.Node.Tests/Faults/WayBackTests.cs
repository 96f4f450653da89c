using Serving.Contracts.Reports;
using Serving.Node.Tests.Kit;
using Testing;
using Testing.Models;

namespace Serving.Node.Tests.Faults;

/// <summary>A load that takes long, or never ends, stands in the way of no other change.</summary>
public sealed class WayBackTests
{
    private const int Large = 4 << 20;

    [Fact]
    public async Task A_way_back_in_memory_is_taken_at_once_while_a_download_hangs()
    {
        await using var site = await Site.CreateAsync();
        var (plan, first) = await site.ServeFirstAsync();
        plan = plan.With(out var second, "2", TinyModel.Add(2)).Serving("e", second).Warm(first).Next();
        await site.ControlPlane.PublishAsync(plan.Seal());
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 2 && report.Serving.Any(release => release.Release == first && release.State == ServedRelease.Warm));
        site.ControlPlane.Blobs.StallsFrom = Large;
        plan = plan.With(out var third, "3", TinyModel.Padded(3, Large)).Serving("e", third).Next();
        await site.ControlPlane.PublishAsync(plan.Seal());
        await site.ControlPlane.ReportAsync(report => report.Serving.Any(release => release.Release == third && release.State == ServedRelease.Loading));

        await site.ControlPlane.PublishAsync(plan.Serving("e", first).Warm(second).Next().Seal());
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 4, TimeSpan.FromSeconds(5));

        Assert.Equal(2, await site.AskAsync());
        await site.ControlPlane.ReportAsync(report => report.Serving.All(release => release.Release != third));
    }

    [Fact]
    public async Task A_new_release_that_is_routed_does_not_wait_for_a_warm_one_that_hangs()
    {
        await using var site = await Site.CreateAsync();
        var (plan, _) = await site.ServeFirstAsync();
        site.ControlPlane.Blobs.StallsFrom = Large;
        plan = plan.With(out var slow, "2", TinyModel.Padded(2, Large)).Warm(slow).Next();
        await site.ControlPlane.PublishAsync(plan.Seal());
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 2 && report.Serving.Any(release => release.Release == slow && release.State == ServedRelease.Loading));

        plan = plan.With(out var third, "3", TinyModel.Add(3)).Serving("e", third).Next();
        await site.ControlPlane.PublishAsync(plan.Seal());
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 3);
        var answer = await site.AskAsync();
        site.ControlPlane.Blobs.StallsFrom = long.MaxValue;
        site.ControlPlane.Blobs.Release();
        await site.ControlPlane.ReportAsync(report => report.Serving.Any(release => release.Release == slow && release.State == ServedRelease.Warm));

        Assert.Equal(4, answer);
    }

    [Fact]
    public async Task A_warm_release_that_could_not_be_downloaded_is_tried_again_by_itself()
    {
        await using var site = await Site.CreateAsync();
        var (plan, _) = await site.ServeFirstAsync();
        site.ControlPlane.Blobs.FlipsABit = true;

        await site.ControlPlane.PublishAsync(plan.With(out var second, "2", TinyModel.Add(2)).Warm(second).Next().Seal());
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 2 && report.Rejected?.Release == second);
        site.ControlPlane.Blobs.FlipsABit = false;
        var healed = await site.ControlPlane.ReportAsync(report => report.Rejected is null && report.Serving.Any(release => release.Release == second));

        Assert.Equal(2, healed.AppliedRevision);
    }
}
