using ControlPlane.Web.Charts;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace ControlPlane.Web.Tests.Charts;

public sealed class ChartRequestTests
{
    private static readonly DateTimeOffset _now = new(2026, 5, 3, 12, 0, 7, TimeSpan.Zero);

    [Fact]
    public void Questions_within_the_same_bucket_are_the_same_question() =>
        Assert.Equal(Ask(_now, ("range", "1h")), Ask(_now.AddSeconds(7), ("range", "1h")));

    [Fact]
    public void Range_of_the_address_is_kept() => Assert.Equal(TimeSpan.FromHours(6), Ask(_now, ("range", "6h"))!.Span);

    [Theory, InlineData("production"), InlineData(""), InlineData("a/b/c"), InlineData("/fraud")]
    public void Endpoint_is_environment_and_name(string endpoint) => Assert.Null(Ask(_now, ("endpoint", endpoint)));

    [Theory, InlineData("2026-05-03T12:00:00Z", "2026-05-03T11:00:00Z"), InlineData("2020-01-01T00:00:00Z", "2026-05-03T11:00:00Z")]
    public void Time_that_ends_before_it_begins_or_is_longer_than_what_is_kept_is_no_question(string from, string to) =>
        Assert.Null(Ask(_now, ("from", from), ("to", to)));

    private static ChartRequest? Ask(DateTimeOffset now, params (string Name, string Value)[] query) =>
        ChartRequest.Of("latency", new QueryCollection(new[] { ("endpoint", "production/fraud") }.Concat(query).GroupBy(pair => pair.Item1).ToDictionary(pair => pair.Key, pair => new StringValues(pair.Last().Item2))), now);
}
