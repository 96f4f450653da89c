using System.Net;
using ControlPlane.Data;
using ControlPlane.Web.Charts;
using ControlPlane.Web.Features.Registry;
using ControlPlane.Web.Shared;
using ControlPlane.Web.Tests.Kit;
using ControlPlane.Web.Tests.Pages;
using Microsoft.Extensions.DependencyInjection;
using Serving.Contracts.Reports;

namespace ControlPlane.Web.Tests.Boundary;

/// <summary>Reads that somebody makes as large, as long or as strange as can be.</summary>
public sealed class ReadTests(ReadTests.Site site) : IClassFixture<ReadTests.Site>
{
    private const int Models = 250;

    private const int Days = 6;

    // Within what is kept, however soon somebody cleans up.
    private static readonly DateTimeOffset _from = new(TimeProvider.System.GetUtcNow().UtcDateTime.Date.AddDays(-Days - 1), TimeSpan.Zero);

    [Theory]
    [InlineData("/api/v1/models?limit=1000000000"), InlineData("/api/v1/models?limit=2147483647"), InlineData("/api/v1/models?limit=201")]
    public async Task H99_A_part_of_a_list_has_two_hundred_rows_at_most(string path)
    {
        var page = await (await site.Hosted.As("viewer").GetAsync(path)).JsonAsync();

        Assert.Equal(200, page.GetProperty("items").GetArrayLength());
        Assert.NotNull(page.Text("nextCursor"));
    }

    [Theory]
    [InlineData("/api/v1/models?limit=0", HttpStatusCode.OK), InlineData("/api/v1/models?limit=-5", HttpStatusCode.OK), InlineData("/api/v1/models?limit=x", HttpStatusCode.BadRequest)]
    [InlineData("/api/v1/models?limit=99999999999", HttpStatusCode.BadRequest), InlineData("/api/v1/models?cursor=%27%20OR%201=1--", HttpStatusCode.BadRequest)]
    [InlineData("/api/v1/metrics/query?endpoint=production/fraud&metric=requests&from=2016-01-01T00:00:00Z&to=2026-01-01T00:00:00Z&step=1s", HttpStatusCode.BadRequest)]
    [InlineData("/api/v1/metrics/query?endpoint=production/fraud&metric=requests&from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", HttpStatusCode.BadRequest)]
    [InlineData("/api/v1/metrics/query?endpoint=production/fraud&metric=(a%2B)%2B%24", HttpStatusCode.BadRequest)]
    [InlineData("/charts/latency.svg?endpoint=production/fraud&from=2016-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", HttpStatusCode.BadRequest)]
    [InlineData("/charts/latency.svg?endpoint=production/fraud&width=99999999999", HttpStatusCode.BadRequest)]
    [InlineData("/models?page=2147483647", HttpStatusCode.OK), InlineData("/models?page=-2147483648", HttpStatusCode.OK), InlineData("/nodes?page=2147483647", HttpStatusCode.OK)]
    [InlineData("/models?sort=name%3B%20DROP%20TABLE%20Models", HttpStatusCode.OK), InlineData("/api/v1/requests?endpoint=production/fraud&from=0001-01-01T00:00:00Z&to=9999-12-31T00:00:00Z&limit=1000000000", HttpStatusCode.OK)]
    public async Task H99_What_is_beyond_measure_is_cut_or_refused(string path, HttpStatusCode expected)
    {
        using var answer = await site.Hosted.As("viewer").GetAsync(path);

        Assert.Equal(expected, answer.StatusCode);
    }

    [Fact]
    public async Task H99_A_series_has_a_thousand_points_at_most()
    {
        var to = _from.AddDays(Days);

        var series = await (await site.Hosted.As("viewer").GetAsync($"/api/v1/metrics/query?endpoint=production/fraud&metric=requests&from={_from:O}&to={to:O}&step=1s".Replace("+", "%2B", StringComparison.Ordinal))).JsonAsync();

        var points = series.GetProperty("series")[0].GetProperty("points");
        Assert.InRange(points.GetArrayLength(), 900, 1_000);
        // Nothing is lost by it: what came in is what is shown, summed.
        var seconds = points[1].GetProperty("at").GetDateTimeOffset() - points[0].GetProperty("at").GetDateTimeOffset();
        Assert.Equal(Site.Windows, (int)Math.Round(points.EnumerateArray().Sum(point => point.GetProperty("value").GetDouble() * seconds.TotalSeconds)));
    }

    [Fact]
    public async Task H99_A_read_that_takes_too_long_is_given_up()
    {
        using var answer = await site.Hosted.As("viewer").GetAsync("/exports/endless.csv?endpoint=production/fraud");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("TooExpensive", await answer.CodeAsync());
    }

    [Theory]
    [InlineData("name; DROP TABLE Models"), InlineData("Name"), InlineData("passwordHash"), InlineData("-"), InlineData("1"), InlineData("(SELECT 1)"), InlineData("model.CreatedBy"), InlineData(null)]
    public async Task H100_A_sort_that_is_not_offered_is_the_usual_one(string? sort)
    {
        var queries = site.Hosted.Services.GetRequiredService<ModelsPageQueries>();

        var usual = await queries.ListAsync(null, "-changed", 1, CancellationToken.None);
        var sorted = await queries.ListAsync(null, sort, 1, CancellationToken.None);

        Assert.Equal(usual.Rows.Select(row => row.Name), sorted.Rows.Select(row => row.Name));
    }

    [Theory]
    [InlineData("' OR 1=1 --"), InlineData("%"), InlineData("_"), InlineData("model-1' UNION SELECT PasswordHash FROM AspNetUsers --"), InlineData("\\"), InlineData("[a-z]")]
    public async Task H100_What_is_looked_for_is_a_text_and_nothing_more(string search)
    {
        var found = await site.Hosted.Services.GetRequiredService<ModelsPageQueries>().ListAsync(search, null, 1, CancellationToken.None);

        Assert.Empty(found.Rows);
        Assert.Equal(Models, found.All);
    }

    /// <summary>A control plane with many models, six days of figures, and a chart that never comes to an end.</summary>
    public sealed class Site : IAsyncLifetime
    {
        public const int Windows = 5_000;

        public HostedControlPlane Hosted { get; } = new(services => services.AddSingleton<IChartSource, Endless>());

        public async ValueTask InitializeAsync()
        {
            await Hosted.InitializeAsync();
            await using var db = Hosted.Open();
            db.Models.AddRange(Enumerable.Range(0, Models).Select(number => Samples.Model($"model-{number:000}")));
            db.MetricWindows.AddRange(Enumerable.Range(0, Windows).Select(number => new MetricWindow
            {
                At = _from.AddSeconds(10 * Math.Floor(number * (Days * 8640d / Windows))), Environment = "production", Endpoint = "fraud", Release = "rel-1", Arm = "stable", Instance = "elsewhere", Requests = 1,
                Latency = [],
            }));
            await db.SaveChangesAsync();
        }

        public ValueTask DisposeAsync() => Hosted.DisposeAsync();
    }

    private sealed class Endless : IChartSource
    {
        public IReadOnlyCollection<string> Kinds { get; } = ["endless"];

        public async Task<ChartData?> ReadAsync(ChartRequest request, CancellationToken cancel)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancel);
            return null;
        }
    }
}
