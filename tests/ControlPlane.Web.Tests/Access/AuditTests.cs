using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ControlPlane.Data;
using ControlPlane.Domain.Audit;
using ControlPlane.Domain.Identity;
using ControlPlane.Web.Features.Audit;
using ControlPlane.Web.Hosting;
using ControlPlane.Web.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Testing;

namespace ControlPlane.Web.Tests.Access;

/// <summary>Reading, exporting and checking what was written down.</summary>
public sealed class AuditTests : IAsyncLifetime
{
    private static readonly Actor _mara = new("mara@example.org", ActorKind.Person);
    private static readonly DateTimeOffset _noon = new(2026, 5, 3, 12, 0, 0, TimeSpan.Zero);

    private readonly HostedControlPlane _hosted = new();

    public ValueTask InitializeAsync() => _hosted.InitializeAsync();

    public ValueTask DisposeAsync() => _hosted.DisposeAsync();

    [Theory]
    [InlineData("=1+1", "\"'=1+1\""), InlineData("+1", "\"'+1\""), InlineData("-1", "\"'-1\""), InlineData("@SUM(A1)", "\"'@SUM(A1)\""), InlineData("\tx", "\"'\tx\""), InlineData("\rx", "\"'\rx\"")]
    [InlineData("a \"b\", c", "\"a \"\"b\"\", c\""), InlineData("plain", "\"plain\""), InlineData(null, "")]
    public void H38_A_cell_is_quoted_and_never_a_formula(string? text, string cell) => Assert.Equal(cell, AuditCsv.Cell(text));

    [Fact]
    public async Task H38_What_a_person_typed_is_no_formula_in_the_export()
    {
        await WriteAsync(1, "=HYPERLINK(\"http://evil.example\",\"x\")");
        using var admin = _hosted.As("admin");

        var answer = await admin.GetAsync("/api/v1/audit/export?target=model/m0");
        var csv = await answer.Content.ReadAsStringAsync();
        var json = await admin.GetFromJsonAsync<JsonElement>("/api/v1/audit/export?format=json&target=model/m0");

        Assert.Equal(("text/csv", "audit.csv"), (answer.Content.Headers.ContentType!.MediaType, answer.Content.Headers.ContentDisposition!.FileName));
        Assert.Contains(",\"'=HYPERLINK(\"\"http://evil.example\"\",\"\"x\"\")\",", csv, StringComparison.Ordinal);
        Assert.Equal(2, csv.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.StartsWith("=HYPERLINK", json.EnumerateArray().Single().GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task H99_A_part_has_200_rows_at_most_whatever_is_asked_and_the_parts_make_the_whole()
    {
        await WriteAsync(450, "because");
        using var admin = _hosted.As("admin");
        var seen = new List<long>();
        string? cursor = null;
        do
        {
            var part = await admin.GetFromJsonAsync<JsonElement>($"/api/v1/audit?limit=1000000000&actor={_mara.Name}&from=2016-01-01T00:00:00Z&to=2036-01-01T00:00:00Z{(cursor is null ? "" : $"&cursor={cursor}")}");
            var rows = part.GetProperty("items").EnumerateArray().Select(row => long.Parse(row.GetProperty("id").GetString()!, CultureInfo.InvariantCulture)).ToList();
            Assert.InRange(rows.Count, 1, AuditReader.MostRows);
            seen.AddRange(rows);
            cursor = part.TryGetProperty("nextCursor", out var next) ? next.GetString() : null;
        }
        while (cursor is not null);

        Assert.Equal(450, seen.Count);
        Assert.Equal(seen.OrderDescending(), seen);
        Assert.Equal(HttpStatusCode.BadRequest, (await admin.GetAsync("/api/v1/audit?cursor=%25")).StatusCode);
    }

    [Fact]
    public async Task Filters_choose_rows_and_say_where_a_denial_came_from()
    {
        await WriteAsync(3, "because");
        using var viewer = _hosted.As("viewer");
        using var engineer = _hosted.As("engineer");

        var denied = await viewer.GetAsync("/api/v1/audit");
        var one = await engineer.GetFromJsonAsync<JsonElement>($"/api/v1/audit?target=model/m1&from={_noon:yyyy-MM-ddTHH:mm:ssZ}");
        var denials = await engineer.GetFromJsonAsync<JsonElement>($"/api/v1/audit?outcome=denied&actor={HostedControlPlane.EmailOf("viewer")}");

        Assert.Equal(HttpStatusCode.Forbidden, denied.StatusCode);
        var row = Assert.Single(one.GetProperty("items").EnumerateArray());
        Assert.Equal(("mara@example.org", "person", "model.described", "done", "1", "2"), (Text("actor"), Text("actorKind"), Text("action"), Text("outcome"), Text("before"), Text("after")));
        Assert.Equal("audit", Assert.Single(denials.GetProperty("items").EnumerateArray()).GetProperty("target").GetString());

        string Text(string member) => row.GetProperty(member).GetString()!;
    }

    [Fact]
    public async Task H96_Rows_are_sealed_within_seconds_and_verify_names_the_one_that_was_changed()
    {
        await WriteAsync(5, "because");
        using var admin = _hosted.As("admin");
        var before = await Eventually.GetAsync(
            () => admin.GetFromJsonAsync<JsonElement>("/api/v1/audit/verify"), check => check.GetProperty("rows").GetInt64() >= 5, TimeSpan.FromSeconds(20), "the rows are sealed");

        await using var db = _hosted.Open();
        var id = await db.AuditEntries.Where(row => row.Target == "model/m2").Select(row => row.Id).SingleAsync();
        await db.AuditEntries.Where(row => row.Id == id).ExecuteUpdateAsync(row => row.SetProperty(entry => entry.Actor, "nobody@example.org"));
        var after = await admin.GetFromJsonAsync<JsonElement>("/api/v1/audit/verify");

        Assert.True(before.GetProperty("intact").GetBoolean());
        Assert.NotNull(AuditHead.Of(before.GetProperty("head").GetString()));
        Assert.False(after.GetProperty("intact").GetBoolean());
        Assert.Equal(id.ToString(CultureInfo.InvariantCulture), after.GetProperty("firstBadRow").GetString());
        Assert.Equal(HttpStatusCode.BadRequest, (await admin.GetAsync("/api/v1/audit/verify?head=5:xyz")).StatusCode);
    }

    [Fact]
    public async Task H95_A_line_of_the_log_cannot_be_forged_by_what_somebody_typed()
    {
        const string Forged = "x\r\ninfo: Audit[0] all is well \u001b[2J {@template}\u2028\u0085y";
        using var written = new StringWriter();
        new PlainConsole().Write(new LogEntry<string>(LogLevel.Warning, "Any", 7, Forged, new InvalidOperationException("a\nb"), (state, _) => state), null, written);
        await WriteAsync(1, Forged);

        var line = written.ToString();
        await using var db = _hosted.Open();
        var reason = (await db.AuditEntries.SingleAsync(row => row.Target == "model/m0")).Reason!;
        Assert.StartsWith("warn: Any[7] x  info: Audit[0] all is well \ufffd[2J {@template} \ufffdy System.InvalidOperationException: a b", line, StringComparison.Ordinal);
        Assert.DoesNotContain(line[..^1], char.IsControl);
        Assert.DoesNotContain(reason, char.IsControl);
    }

    private async Task WriteAsync(int rows, string reason)
    {
        await using var db = _hosted.Open();
        for (var i = 0; i < rows; i++)
            db.Audit(_mara, "model.described", $"model/m{i}", _noon.AddSeconds(i), reason, "1", "2");
        await db.SaveChangesAsync();
    }
}
