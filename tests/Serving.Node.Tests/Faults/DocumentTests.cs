using System.Text;
using Serving.Contracts.Reports;
using Serving.Node.Tests.Kit;
using Testing.Models;

namespace Serving.Node.Tests.Faults;

/// <summary>Desired states that are damaged, old, or of another timeline.</summary>
public sealed class DocumentTests
{
    [Fact]
    public async Task F39_Revisions_pushed_twice_and_out_of_order_are_applied_once_and_never_backwards()
    {
        await using var site = await Site.CreateAsync();
        var (plan, _) = await site.ServeFirstAsync();
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 1);
        var six = plan.With(out var second, "2", TinyModel.Add(2)).Serving("e", second) with { Revision = 6 };
        var seven = plan.With(out var third, "3", TinyModel.Add(3)).Serving("e", third) with { Revision = 7 };

        await site.ControlPlane.PublishAsync(seven.Seal());
        await site.ControlPlane.PushAsync(six.Seal().Utf8.ToArray());
        await site.ControlPlane.PushAsync(seven.Seal().Utf8.ToArray());
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 7);
        await site.ControlPlane.PushAsync(six.Seal().Utf8.ToArray());
        await site.ControlPlane.PublishAsync((seven.Next()).Seal());
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 8);

        Assert.Equal(4, await site.AskAsync());
        Assert.Equal([0, 1, 7, 8], site.ControlPlane.Reports.Select(report => report.AppliedRevision).Prepend(0).Distinct());
        Assert.All(site.ControlPlane.Reports, report => Assert.Null(report.Rejected));
        Assert.Equal(2, site.Node.Process.Output.Split("Serving revision 7").Length);
    }

    public static TheoryData<string, string> Damaged => new()
    {
        { """{"environment": """, "not valid JSON" },
        { "[]", "content hash" },
        { "HASH", "its content gives" },
        { "UNKNOWN", "does not hold" },
        { "TWICE", "Endpoint e is there twice" },
    };

    [Theory, MemberData(nameof(Damaged))]
    public async Task F43_A_malformed_state_is_refused_with_the_reason_and_the_old_one_serves_on(string kind, string says)
    {
        await using var site = await Site.CreateAsync();
        var (plan, first) = await site.ServeFirstAsync();
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 1);
        var good = plan.Next().Seal();
        var bad = kind switch
        {
            "HASH" => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(good.Utf8.Span).Replace("\"revision\":2", "\"revision\":3", StringComparison.Ordinal)),
            "UNKNOWN" => Contracts.State.StateDocument.Seal(good.State with { Artifacts = new Dictionary<string, Contracts.Models.ArtifactManifest>() }).Utf8.ToArray(),
            "TWICE" => Contracts.State.StateDocument.Seal(good.State with { Endpoints = [.. good.State.Endpoints, .. good.State.Endpoints] }).Utf8.ToArray(),
            _ => Encoding.UTF8.GetBytes(kind),
        };

        site.ControlPlane.Serve(bad, "bad");
        await site.ControlPlane.PushAsync(bad);
        var refused = await site.ControlPlane.ReportAsync(report => report.Rejected is not null);
        var answer = await site.AskAsync();
        site.ControlPlane.Serve(good.Utf8.ToArray(), good.ContentHash);
        var mended = await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 2 && report.Rejected is null);

        Assert.Equal(RejectionReasons.MalformedState, refused.Rejected!.Reason);
        Assert.Contains(says, refused.Rejected.Detail, StringComparison.Ordinal);
        // Whoever published it hears of it by its revision; what is no document has none.
        Assert.Equal(kind switch { "HASH" => 3, "UNKNOWN" or "TWICE" => 2, _ => 0 }, refused.Rejected.Revision);
        Assert.Equal(1, refused.AppliedRevision);
        Assert.Equal(2, answer);
        Assert.Equal(first, Assert.Single(mended.Serving).Release);
    }

    [Fact]
    public async Task F43_A_node_that_refused_a_state_says_so_no_more_once_it_is_offered_what_it_serves()
    {
        await using var site = await Site.CreateAsync();
        var (plan, _) = await site.ServeFirstAsync();
        site.ControlPlane.Serve("{"u8.ToArray(), "bad");
        await site.ControlPlane.ReportAsync(report => report.Rejected is not null);

        site.ControlPlane.Serve(plan.Seal().Utf8.ToArray(), plan.Seal().ContentHash);
        var mended = await site.ControlPlane.ReportAsync(report => report.Rejected is null);

        Assert.Equal(1, mended.AppliedRevision);
    }

    [Fact]
    public async Task F26_A_lower_revision_of_another_timeline_is_refused_until_it_is_reasserted()
    {
        await using var site = await Site.CreateAsync();
        var (plan, _) = await site.ServeFirstAsync();
        await site.ControlPlane.PublishAsync((plan with { Revision = 120 }).Seal());
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 120);
        var restored = plan.With(out var old, "0", TinyModel.Add(-1)).Serving("e", old) with { Timeline = "restored", Revision = 100 };

        await site.ControlPlane.PublishAsync(restored.Seal());
        var refused = await site.ControlPlane.ReportAsync(report => report.Rejected is not null);
        var answer = await site.AskAsync();
        await site.ControlPlane.PublishAsync((restored with { Revision = 121 }).Seal());
        var taken = await site.ControlPlane.ReportAsync(report => report is { AppliedRevision: 121, TimelineId: "restored", Rejected: null });

        Assert.Equal(RejectionReasons.RevisionRegression, refused.Rejected!.Reason);
        Assert.Equal(100, refused.Rejected.Revision);
        Assert.Equal(120, refused.AppliedRevision);
        Assert.Equal(2, answer);
        Assert.Equal(0, await site.AskAsync());
        Assert.Equal(old, Assert.Single(taken.Serving).Release);
    }
}
