using ControlPlane.Web.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Tests.Access;

/// <summary>Who gets through where: every endpoint, hub method and page, for everybody that can ask.</summary>
public sealed class AuthorizationTests(HostedControlPlane hosted) : IClassFixture<HostedControlPlane>
{
    public static TheoryData<string> Asked => [.. AuthorizationTable.Rows.Where(row => row.Verb != "HUB").Select(row => row.ToString())];

    public static TheoryData<string> Writing => [.. AuthorizationTable.Rows.Where(row => row.Cells[1] == "403").Select(row => row.ToString())];

    [Fact]
    public void S1_Everything_that_answers_is_in_the_table_and_nothing_else() =>
        Assert.Equal(string.Join('\n', AuthorizationTable.Rows.Select(row => row.Key).Distinct().Order(StringComparer.Ordinal)), string.Join('\n', AuthorizationTable.Found(hosted.Endpoints)));

    [Theory, MemberData(nameof(Asked))]
    public async Task S1_Everybody_gets_what_the_table_says(string asked)
    {
        var row = RowOf(asked);

        var cells = await Task.WhenAll(HostedControlPlane.Callers.Select(caller => AuthorizationTable.AskAsync(hosted.As(caller), row)));

        Assert.Equal(string.Join(' ', row.Cells), string.Join(' ', cells));
    }

    [Theory, MemberData(nameof(Writing))]
    public async Task H16_A_viewer_who_writes_changes_nothing_and_leaves_one_row_in_the_audit(string asked)
    {
        await hosted.SettledAsync();
        var before = await hosted.SnapshotAsync();
        await using var db = hosted.Open();
        var last = db.AuditEntries.Max(row => (long?)row.Id) ?? 0;
        // One viewer asks for everything within a minute: not to be folded into one row.
        await db.DenialCounts.ExecuteDeleteAsync();

        var cell = await AuthorizationTable.AskAsync(hosted.As("viewer"), RowOf(asked));

        Assert.Equal("403", cell);
        Assert.Equal(before, await hosted.SnapshotAsync());
        var row = Assert.Single(db.AuditEntries.Where(row => row.Id > last));
        Assert.Equal((HostedControlPlane.EmailOf("viewer"), "denied"), (row.Actor, row.Outcome));
        Assert.EndsWith(".denied", row.Action, StringComparison.Ordinal);
        Assert.NotNull(row.TraceId);
    }

    private static AuthorizationTable.Row RowOf(string asked) => AuthorizationTable.Rows.First(row => row.ToString() == asked);
}
