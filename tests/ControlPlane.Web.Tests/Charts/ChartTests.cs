using System.Text.RegularExpressions;
using ControlPlane.Web.Charts;
using ControlPlane.Web.Shared;
using Testing;

namespace ControlPlane.Web.Tests.Charts;

public sealed partial class ChartTests
{
    private static readonly DateTimeOffset _noon = new(2026, 5, 3, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Picture_carries_its_font_and_its_text()
    {
        var svg = ChartDrawing.Svg(ChartSelfTest.Sample(_noon), ChartPalette.Light, 800);

        Assert.Null(ChartSelfTest.Fault(svg));
        Assert.Contains("data:font/woff;base64,", svg);
        Assert.DoesNotContain("http://", svg.Replace("http://www.w3.org", "", StringComparison.Ordinal));
    }

    [Fact]
    public void Self_test_notices_a_picture_without_text() =>
        Assert.NotNull(ChartSelfTest.Fault(Text().Replace(ChartDrawing.Svg(ChartSelfTest.Sample(_noon), ChartPalette.Light, 800), "")));

    [Theory, InlineData(240), InlineData(390), InlineData(1150)]
    public void Picture_of_a_day_in_one_second_steps_stays_small(int width)
    {
        var points = Enumerable.Range(0, 86_400).Select(i => new ChartPoint(_noon.AddSeconds(i - 86_400), 40 + i % 13)).ToList();
        ChartData day = new("Latency p99", "ms", _noon.AddDays(-1), _noon, TimeSpan.FromSeconds(1), [new("v1", VersionRole.Stable, points), new("v2", VersionRole.Candidate, points)], 200, []);

        Assert.InRange(ChartDrawing.Svg(day, ChartPalette.Dark, width).Length, 1000, 200_000);
    }

    [Theory, InlineData(0), InlineData(1)]
    public void Picture_of_almost_nothing_can_be_drawn(int count)
    {
        var points = Enumerable.Range(0, count).Select(i => new ChartPoint(_noon.AddSeconds(i - 60), 0)).ToList();

        var svg = ChartDrawing.Svg(new("Errors", "%", _noon.AddHours(-1), _noon, TimeSpan.FromSeconds(10), [new("v1", VersionRole.Stable, points)], 1, [new(_noon.AddMinutes(-5), "#1")]), ChartPalette.Light, 600);

        Assert.Contains("</svg>", svg);
    }

    [Fact]
    public void Few_points_in_a_long_time_are_not_joined_over_a_gap()
    {
        var data = Data([45, 46, 47], [39, 40, 41], limit: null);

        Assert.Equal(TimeSpan.FromSeconds(25), ChartDrawing.LongestStep(data, whole: 3, kept: 3));
        Assert.Equal(TimeSpan.FromSeconds(500), ChartDrawing.LongestStep(data, whole: 4_000, kept: 400));
    }

    [Fact]
    public void Sentence_says_range_latest_value_and_breach()
    {
        var data = Data([45, 58, 48], [39, 254, 50], limit: 200);

        Assert.Equal("Latency p99: v11 45 to 58 ms, now 48; v12 39 to 254 ms, now 50. v12 went over 200 ms.", ChartSentence.Of(data));
    }

    [Fact]
    public void Sentence_of_nothing_claims_nothing() =>
        Assert.Equal("Latency p99: No data in this range.", ChartSentence.Of(Data([double.NaN], [], limit: 200)));

    [Fact]
    public void Csv_has_the_rows_of_the_table_and_an_empty_field_for_a_gap()
    {
        var data = Data([45, double.NaN], [39, 40], limit: null);

        var lines = ChartTable.Csv(data).TrimEnd().Split("\r\n");

        Assert.Equal("time,v11 (ms),v12 (ms)", lines[0]);
        Assert.Equal("2026-05-03T12:00:10Z,,40", lines[2]);
        Assert.Equal(ChartTable.Rows(data).Count, lines.Length - 1);
    }

    [Theory, InlineData("=1+1", "'=1+1"), InlineData("a,b", "\"a,b\""), InlineData("a\"b", "\"a\"\"b\"")]
    public void Csv_field_is_never_taken_for_a_formula_or_two_fields(string text, string field) => Assert.Equal(field, ChartTable.Field(text));

    [Theory, InlineData(0.31, 0.4), InlineData(47, 60), InlineData(182, 200), InlineData(1, 1)]
    public void Scale_ends_on_a_round_number_at_or_above_the_highest(double highest, double top)
    {
        var ticks = Scale.Values(highest);

        Assert.Equal(top, ticks[^1], 9);
        Assert.InRange(ticks.Count, 3, 6);
    }

    [Fact]
    public void Colours_are_those_of_the_style_sheet()
    {
        var css = File.ReadAllText(Path.Combine(Repository.Root, "src", "ControlPlane.Web", "wwwroot", "css", "tokens.css"));
        var light = css[css.IndexOf(":root{", StringComparison.Ordinal)..css.IndexOf("@media", StringComparison.Ordinal)];
        var dark = css[css.IndexOf(":root[data-theme=dark]", StringComparison.Ordinal)..];

        Assert.Equal(ColoursOf(light), ColoursOf(ChartPalette.Light));
        Assert.Equal(ColoursOf(dark), ColoursOf(ChartPalette.Dark));
    }

    private static ChartData Data(double[] stable, double[] candidate, double? limit) => new(
        "Latency p99", "ms", _noon, _noon.AddMinutes(1), TimeSpan.FromSeconds(10),
        [new("v11", VersionRole.Stable, Points(stable)), new("v12", VersionRole.Candidate, Points(candidate))], limit, []);

    private static List<ChartPoint> Points(double[] values) => [.. values.Select((value, i) => new ChartPoint(_noon.AddSeconds(10 * i), value))];

    private static string[] ColoursOf(string css) =>
        [.. new[] { "surface", "grid", "line-strong", "ink-2", "ink", "stable", "stable-ink", "cand", "cand-ink", "bad", "bad-ink" }.Select(name => Regex.Match(css, $"--{name}:(#[0-9A-Fa-f]{{6}})").Groups[1].Value)];

    private static string[] ColoursOf(ChartPalette p) => [p.Surface, p.Grid, p.Axis, p.Text, p.Ink, p.Stable, p.StableText, p.Candidate, p.CandidateText, p.Bad, p.BadText];

    [GeneratedRegex("<text.*?</text>", RegexOptions.Singleline, 5000)]
    private static partial Regex Text();
}
