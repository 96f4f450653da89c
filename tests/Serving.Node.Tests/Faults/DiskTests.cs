using System.Net;
using Serving.Contracts.Reports;
using Serving.Node.Tests.Kit;
using Testing;
using Testing.Models;

namespace Serving.Node.Tests.Faults;

/// <summary>Disks that are full and files that a power loss left damaged.</summary>
public sealed class DiskTests
{
    [Fact]
    public async Task F51_A_download_without_room_is_refused_with_the_numbers_and_leaves_nothing()
    {
        await using var site = await Site.CreateAsync();
        var (plan, _) = await site.ServeFirstAsync();
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 1);
        await site.RestartNodeAsync(("Node__DiskReserve", (1L << 60).ToString(System.Globalization.CultureInfo.InvariantCulture)));
        await site.Node.ReadyAsync(TimeSpan.FromSeconds(30));
        await using var load = site.Load();

        await site.ControlPlane.PublishAsync(plan.With(out var second, "2", TinyModel.Padded(2, 1 << 20)).Serving("e", second).Next().Seal());
        var refused = await site.ControlPlane.ReportAsync(report => report.Rejected is not null);
        var history = await load.StopAsync();

        Assert.Equal(RejectionReasons.InsufficientDisk, refused.Rejected!.Reason);
        Assert.Matches("needs [0-9]+ bytes .* [0-9]+ are free", refused.Rejected.Detail);
        Assert.Empty(Directory.GetFiles(site.Cache, "*.part", SearchOption.AllDirectories));
        Assert.All(history, request => Assert.Equal(200, request.Status));
    }

    [Fact]
    public async Task F51_A_disk_that_fills_during_the_download_costs_no_prediction()
    {
        await using var site = await Site.CreateAsync();
        await using var disk = SmallDisk.TryMount(Path.Combine(site.Root, "disk"), megabytes: 12);
        Assert.SkipWhen(disk is null, "A small disk cannot be mounted here.");
        site.CacheAt(Path.Combine(disk.Path, "cache"));
        var (plan, _) = await site.ServeFirstAsync(("Node__DiskReserve", "0"));
        await using var load = site.Load();
        site.ControlPlane.Blobs.StallsFrom = 8 << 20;

        await site.ControlPlane.PublishAsync(plan.With(out var second, "2", TinyModel.Padded(2, 8 << 20)).Serving("e", second).Next().Seal());
        await Eventually.TrueAsync(() => site.ControlPlane.Blobs.Asked.Count >= 2, TimeSpan.FromSeconds(30), "the download has begun");
        await Eventually.TrueAsync(() => Directory.GetFiles(site.Cache, "*.part", SearchOption.AllDirectories).Any(path => new FileInfo(path).Length > 3 << 20), TimeSpan.FromSeconds(30), "half has come");
        disk.Fill();
        site.ControlPlane.Blobs.StallsFrom = long.MaxValue;
        site.ControlPlane.Blobs.Release();
        var refused = await site.ControlPlane.ReportAsync(report => report.Rejected is not null);
        var parts = Directory.GetFiles(site.Cache, "*.part", SearchOption.AllDirectories);
        var history = await load.StopAsync();
        disk.Empty();
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 2 && report.Rejected is null, TimeSpan.FromSeconds(60));

        Assert.Equal(RejectionReasons.InsufficientDisk, refused.Rejected!.Reason);
        Assert.Empty(parts);
        Assert.All(history, request => Assert.Equal(200, request.Status));
        Assert.Equal(3, await site.AskAsync());
        Assert.False(site.Node.Process.HasExited);
    }

    [Fact]
    public async Task F57_A_full_disk_takes_only_artifacts_that_nothing_names_and_refuses_when_none_is_left()
    {
        await using var site = await Site.CreateAsync();
        await using var disk = SmallDisk.TryMount(Path.Combine(site.Root, "disk"), megabytes: 24);
        Assert.SkipWhen(disk is null, "A small disk cannot be mounted here.");
        site.CacheAt(Path.Combine(disk.Path, "cache"));
        var (plan, _) = await site.ServeFirstAsync(("Node__DiskReserve", "0"));
        plan = plan.With(out var old, "2", TinyModel.Padded(2, 6 << 20)).Serving("e", old).Next();
        await site.ControlPlane.PublishAsync(plan.Seal());
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 2);

        // Two of 6 MiB: previous and present. The third does not fit beside them; the first is not named any more once the second serves alone.
        plan = plan.With(out var present, "3", TinyModel.Padded(3, 6 << 20)).Serving("e", present).Warm(old).Next();
        await site.ControlPlane.PublishAsync(plan.Seal());
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 3 && report.Serving.Count == 2);
        plan = plan.With(out var candidate, "4", TinyModel.Padded(4, 13 << 20)).Warm(candidate, old).Next();
        await site.ControlPlane.PublishAsync(plan.Seal());
        var refused = await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 4 && report.Rejected is not null);
        var kept = Artifacts(site);
        plan = plan.Warm(candidate).Next();
        await site.ControlPlane.PublishAsync(plan.Seal());
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 5 && report.Rejected is null && report.Serving.Any(release => release.Release == candidate && release.State == ServedRelease.Warm));

        Assert.Equal((RejectionReasons.InsufficientDisk, candidate), (refused.Rejected!.Reason, refused.Rejected.Release));
        Assert.Superset(Folders(plan, old, present), kept);
        Assert.Superset(Folders(plan, present, candidate), Artifacts(site));
        Assert.DoesNotContain(Folders(plan, old).Single(), Artifacts(site));
        Assert.Equal(4, await site.AskAsync());
    }

    [Fact]
    public async Task F57_What_the_generation_before_served_is_not_pushed_off_the_disk()
    {
        await using var site = await Site.CreateAsync();
        await using var disk = SmallDisk.TryMount(Path.Combine(site.Root, "disk"), megabytes: 24);
        Assert.SkipWhen(disk is null, "A small disk cannot be mounted here.");
        site.CacheAt(Path.Combine(disk.Path, "cache"));
        var (plan, _) = await site.ServeFirstAsync(("Node__DiskReserve", "0"));
        plan = plan.With(out var before, "2", TinyModel.Padded(2, 6 << 20)).Serving("e", before).Next();
        await site.ControlPlane.PublishAsync(plan.Seal());
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 2);
        plan = plan.With(out var present, "3", TinyModel.Padded(3, 6 << 20)).Serving("e", present).Next();
        await site.ControlPlane.PublishAsync(plan.Seal());
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 3);

        plan = plan.With(out var next, "4", TinyModel.Padded(4, 13 << 20)).Serving("e", next).Next();
        await site.ControlPlane.PublishAsync(plan.Seal());
        var refused = await site.ControlPlane.ReportAsync(report => report.Rejected is not null);

        Assert.Equal((RejectionReasons.InsufficientDisk, 3), (refused.Rejected!.Reason, refused.AppliedRevision));
        Assert.Superset(Folders(plan, before, present), Artifacts(site));
    }

    [Fact]
    public async Task F57_A_full_disk_does_not_stand_in_the_way_of_a_release_that_is_in_memory()
    {
        await using var site = await Site.CreateAsync();
        await using var disk = SmallDisk.TryMount(Path.Combine(site.Root, "disk"), megabytes: 12);
        Assert.SkipWhen(disk is null, "A small disk cannot be mounted here.");
        site.CacheAt(Path.Combine(disk.Path, "cache"));
        var (plan, first) = await site.ServeFirstAsync(("Node__DiskReserve", "0"));
        plan = plan.With(out var second, "2", TinyModel.Add(2)).Serving("e", second).Warm(first).Next();
        await site.ControlPlane.PublishAsync(plan.Seal());
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 2 && report.Serving.Count == 2);
        disk.Fill();

        await site.ControlPlane.PublishAsync(plan.Serving("e", first).Warm(second).Next().Seal());
        var back = await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 3 && report.Rejected is not null);
        var answered = await site.AskAsync();
        disk.Empty();
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 3 && report.Rejected is null);
        await site.StopControlPlaneAsync();
        await site.RestartNodeAsync();
        await site.Node.ReadyAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(RejectionReasons.StateNotWritten, back.Rejected!.Reason);
        Assert.Contains("Revision 3 is served", back.Rejected.Detail, StringComparison.Ordinal);
        Assert.Equal(2, answered);
        Assert.Equal(3, (await site.StatusAsync()).GetProperty("appliedRevision").GetInt64());
    }

    [Fact]
    public async Task F52_A_part_of_a_download_that_nobody_went_on_with_for_a_day_is_removed_at_start()
    {
        await using var site = await Site.CreateAsync();
        var (_, _) = await site.ServeFirstAsync();
        var folder = Directory.CreateDirectory(Path.Combine(Directory.GetDirectories(site.Cache, "artifacts", SearchOption.AllDirectories).Single(), "abandoned")).FullName;
        var (old, young) = (Path.Combine(folder, "old.onnx.part"), Path.Combine(folder, "young.onnx.part"));
        await File.WriteAllBytesAsync(old, new byte[100]);
        await File.WriteAllBytesAsync(young, new byte[100]);
        File.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddHours(-25));

        await site.RestartNodeAsync();
        await site.Node.ReadyAsync(TimeSpan.FromSeconds(30));

        Assert.False(File.Exists(old));
        Assert.True(File.Exists(young));
    }

    [Theory, InlineData(""), InlineData("\0\0\0\0garbage")]
    public async Task F53_A_damaged_state_file_gives_way_to_the_generation_before(string content)
    {
        await using var site = await Site.CreateAsync();
        await ServeTwoAsync(site);
        await site.StopControlPlaneAsync();
        var newest = StateFiles(site).OrderByDescending(path => File.ReadAllText(path).Contains("\"revision\":2", StringComparison.Ordinal)).First();
        await File.WriteAllTextAsync(newest, content);

        await site.RestartNodeAsync();
        await site.Node.ReadyAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(1, (await site.StatusAsync()).GetProperty("appliedRevision").GetInt64());
        Assert.Equal(2, await site.AskAsync());
    }

    [Fact]
    public async Task F54_An_artifact_damaged_at_rest_is_not_served_the_revision_before_is_until_it_is_fetched_again()
    {
        await using var site = await Site.CreateAsync();
        await ServeTwoAsync(site);
        await site.StopControlPlaneAsync();
        var second = Directory.GetFiles(site.Cache, "*.onnx", SearchOption.AllDirectories).Single(path => File.ReadAllBytes(path).SequenceEqual(TinyModel.Add(2)));
        var damaged = TinyModel.Add(2);
        damaged[^1] ^= 1;
        await File.WriteAllBytesAsync(second, damaged);

        await site.RestartNodeAsync();
        await site.Node.ReadyAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(1, (await site.StatusAsync()).GetProperty("appliedRevision").GetInt64());
        Assert.Equal(2, await site.AskAsync());
    }

    [Fact]
    public async Task F53_With_both_generations_damaged_the_state_is_fetched()
    {
        await using var site = await Site.CreateAsync();
        await ServeTwoAsync(site);
        foreach (var file in StateFiles(site))
            await File.WriteAllBytesAsync(file, []);

        await site.RestartNodeAsync();
        await site.Node.ReadyAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(2, (await site.StatusAsync()).GetProperty("appliedRevision").GetInt64());
        Assert.Equal(3, await site.AskAsync());
    }

    [Fact]
    public async Task F53_With_both_generations_damaged_and_no_control_plane_the_node_lives_and_says_StateLost()
    {
        await using var site = await Site.CreateAsync();
        await ServeTwoAsync(site);
        await site.StopControlPlaneAsync();
        foreach (var file in StateFiles(site))
            await File.WriteAllTextAsync(file, "garbage");

        await site.RestartNodeAsync();
        await Eventually.TrueAsync(
            async () => (await (await site.Node.Client.GetAsync("/healthz/ready")).Content.ReadAsStringAsync()).Contains("StateLost", StringComparison.Ordinal),
            TimeSpan.FromSeconds(20), "reason StateLost");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await site.Node.Client.GetAsync("/healthz/ready")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await site.Node.Client.GetAsync("/healthz/live")).StatusCode);
    }

    [Fact]
    public async Task F53_A_node_killed_before_the_state_file_is_renamed_serves_what_it_had_and_then_the_new_one()
    {
        await using var site = await Site.CreateAsync();
        var (plan, _) = await site.ServeFirstAsync();
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 1);
        await site.RestartNodeAsync(("FAILPOINTS", "node.state.beforeRename=crash"));
        await site.Node.ReadyAsync(TimeSpan.FromSeconds(20));

        await site.ControlPlane.PublishAsync(plan.With(out var second, "2", TinyModel.Add(2)).Serving("e", second).Next().Seal());
        await site.Node.Process.WaitForExitAsync(TimeSpan.FromSeconds(30));
        await site.RestartNodeAsync();
        await site.Node.ReadyAsync(TimeSpan.FromSeconds(20));
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 2);

        Assert.Equal(3, await site.AskAsync());
    }

    private static HashSet<string> Artifacts(Site site) =>
        [.. Directory.GetFiles(Path.Combine(site.Cache, "artifacts"), "model.onnx", SearchOption.AllDirectories).Select(path => Path.GetFileName(Path.GetDirectoryName(path)!))];

    private static HashSet<string> Folders(Plan plan, params string[] releases) =>
        [.. releases.Select(release => plan.ArtifactOf(release)["sha256:".Length..])];

    private static string[] StateFiles(Site site) => Directory.GetFiles(site.Cache, "state.*.json");

    private static async Task ServeTwoAsync(Site site)
    {
        var (plan, _) = await site.ServeFirstAsync();
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 1);
        await site.ControlPlane.PublishAsync(plan.With(out var second, "2", TinyModel.Add(2)).Serving("e", second).Next().Seal());
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 2);
    }
}
