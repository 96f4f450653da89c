using Serving.Contracts.Reports;
using Serving.Node.Tests.Kit;
using Testing;
using Testing.Models;

namespace Serving.Node.Tests.Faults;

/// <summary>Downloads that are cut, damaged, or stall; a node that is killed during one.</summary>
public sealed class DownloadTests
{
    private const int Large = 4 << 20;

    [Fact]
    public async Task F49_A_download_cut_five_times_is_resumed_by_range_while_the_old_version_serves()
    {
        await using var site = await Site.CreateAsync();
        var (plan, first) = await site.ServeFirstAsync();
        await using var load = site.Load();
        site.ControlPlane.Blobs.CutsLeft = 5;
        var model = TinyModel.Padded(2, Large);

        await site.ControlPlane.PublishAsync(plan.With(out var second, "2", model).Serving("e", second).Next().Seal());
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 2 && report.Rejected is null, TimeSpan.FromSeconds(60));
        var answer = await site.AskAsync();
        var history = await load.StopAsync();

        var asked = site.ControlPlane.Blobs.Asked.Where(download => download.Sha256 == site.ControlPlane.Blobs.Add(model)).ToList();
        Assert.Equal(3, answer);
        Assert.Equal(6, asked.Count);
        Assert.Equal(0, asked[0].From);
        Assert.All(asked.Skip(1), download => Assert.True(download is { From: > 0, IfRange: true }));
        Assert.True(asked.Zip(asked.Skip(1)).All(pair => pair.Second.From > pair.First.From));
        Assert.All(history, request => Assert.Equal(200, request.Status));
        Assert.All(history, request => Assert.Contains(request.Release, new[] { first, second }));
    }

    [Fact]
    public async Task F49_A_download_that_brings_nothing_more_is_begun_again_where_it_stopped()
    {
        await using var site = await Site.CreateAsync();
        var (plan, _) = await site.ServeFirstAsync(("Node__StallTimeout", "00:00:01"));
        site.ControlPlane.Blobs.StallsFrom = Large;

        await site.ControlPlane.PublishAsync(plan.With(out var second, "2", TinyModel.Padded(2, Large)).Serving("e", second).Next().Seal());
        await Eventually.TrueAsync(() => site.ControlPlane.Blobs.Asked.Count(download => download.From > 0) >= 1, TimeSpan.FromSeconds(30), "the rest was asked for");
        site.ControlPlane.Blobs.StallsFrom = long.MaxValue;
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 2);

        Assert.Equal(3, await site.AskAsync());
    }

    [Fact]
    public async Task F50_An_artifact_with_one_flipped_bit_is_never_loaded_and_taken_once_it_is_mended()
    {
        await using var site = await Site.CreateAsync();
        var (plan, first) = await site.ServeFirstAsync();
        site.ControlPlane.Blobs.FlipsABit = true;
        var model = TinyModel.Add(2);
        var hash = site.ControlPlane.Blobs.Add(model);

        await site.ControlPlane.PublishAsync(plan.With(out var second, "2", model).Serving("e", second).Next().Seal());
        var refused = await site.ControlPlane.ReportAsync(report => report.Rejected is not null);
        var answer = await site.AskAsync();
        site.ControlPlane.Blobs.FlipsABit = false;
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 2 && report.Rejected is null);

        Assert.Equal(RejectionReasons.DigestMismatch, refused.Rejected!.Reason);
        Assert.Equal(second, refused.Rejected.Release);
        Assert.Contains($"expected SHA-256 {hash}, got ", refused.Rejected.Detail, StringComparison.Ordinal);
        Assert.Equal(first, Assert.Single(refused.Serving, release => release.State == ServedRelease.Serving).Release);
        Assert.Equal(2, answer);
        Assert.Equal(3, await site.AskAsync());
    }

    [Theory, InlineData("node.download.mid"), InlineData("node.blob.beforeRename")]
    public async Task F52_A_node_killed_during_a_download_counts_no_part_as_whole_and_resumes(string place)
    {
        await using var site = await Site.CreateAsync();
        var (plan, _) = await site.ServeFirstAsync();
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 1);
        var model = TinyModel.Padded(2, Large);
        await site.RestartNodeAsync(("FAILPOINTS", $"{place}=crash"));
        await site.Node.ReadyAsync(TimeSpan.FromSeconds(30));

        await site.ControlPlane.PublishAsync(plan.With(out var second, "2", model).Serving("e", second).Next().Seal());
        await site.Node.Process.WaitForExitAsync(TimeSpan.FromSeconds(30));
        var named = Files(site.Cache, "model.onnx").Count(path => new FileInfo(path).Length > Large);
        var parts = Files(site.Cache, "*.part").Select(path => new FileInfo(path).Length).ToList();
        await site.RestartNodeAsync();
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 2 && report.Rejected is null);

        Assert.Equal(0, named);
        Assert.Equal(place == "node.download.mid", site.ControlPlane.Blobs.Asked.Any(download => download.From > 0));
        Assert.InRange(Assert.Single(parts), Large / 4, model.Length);
        Assert.Empty(Files(site.Cache, "*.part"));
        Assert.Equal(3, await site.AskAsync());
    }

    [Fact]
    public async Task F52_What_a_power_loss_left_of_a_download_is_fetched_anew()
    {
        await using var site = await Site.CreateAsync();
        var (plan, _) = await site.ServeFirstAsync();
        var model = TinyModel.Padded(2, Large);
        var next = plan.With(out var second, "2", model).Serving("e", second).Next().Seal();
        var folder = Path.Combine(site.Cache, "artifacts", next.State.Releases[second].Artifact["sha256:".Length..]);
        Directory.CreateDirectory(folder);
        await File.WriteAllBytesAsync(Path.Combine(folder, "model.onnx.part"), new byte[model.Length]);

        await site.ControlPlane.PublishAsync(next);
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 2 && report.Rejected is null);

        Assert.Equal(3, await site.AskAsync());
    }

    private static string[] Files(string folder, string pattern) => Directory.GetFiles(folder, pattern, SearchOption.AllDirectories);
}
