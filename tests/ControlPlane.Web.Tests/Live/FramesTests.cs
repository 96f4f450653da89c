using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Live;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Serving.Contracts.Reports;
using LiveFrames = ControlPlane.Web.Live.Frames;

namespace ControlPlane.Web.Tests.Live;

public sealed class FramesTests
{
    private static readonly DateTimeOffset _noon = new(2026, 5, 3, 12, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(_noon);
    private readonly NodeReports _reports;
    private readonly LiveFrames _frames;
    private readonly NodeId _node;

    public FramesTests()
    {
        var feed = new LiveFeed(NullLogger<LiveFeed>.Instance);
        _reports = new NodeReports(null!, feed, new Wakes(), _time);
        _frames = new LiveFrames(_reports, feed, _time);
        _node = NodeId.New(_noon);
    }

    [Fact]
    public void F39_A_frame_counts_once_in_whatever_order_it_comes()
    {
        foreach (var seq in new long[] { 7, 6, 7, 5, 6 })
            Take(seq, _noon, requests: 1);

        Assert.Equal(3, Counted());
    }

    [Fact]
    public void F08_What_was_measured_during_an_outage_is_counted_once_when_it_was_measured_and_marked_late()
    {
        _frames.TakeWindows(TimeSpan.FromSeconds(10), Instance);
        _time.Advance(TimeSpan.FromSeconds(90));
        Take(1, _noon.AddSeconds(80), requests: 2);
        _frames.TakeWindows(TimeSpan.FromSeconds(10), Instance);
        Take(2, _noon.AddSeconds(5), requests: 3);
        Take(2, _noon.AddSeconds(5), requests: 3);

        var late = _frames.TakeWindows(TimeSpan.FromSeconds(10), Instance);

        var row = Assert.Single(late);
        Assert.Equal(_noon, row.At);
        Assert.Equal(3, row.Requests);
        Assert.StartsWith("late-", row.Instance);
        Assert.InRange(row.Instance.Length, 1, 32);
    }

    [Fact]
    public void F92_A_node_whose_clock_is_off_is_counted_when_it_measured_by_our_clock()
    {
        _reports.Take(_node, new Report { NodeSession = "s", Clock = _noon.AddMinutes(10) });

        Take(1, _noon.AddMinutes(10).AddSeconds(-3), requests: 1);

        Assert.Equal(_noon.AddSeconds(-3).ToUnixTimeSeconds(), Assert.Single(_frames.Read("production", "e", _noon.AddMinutes(-1), _noon)).Second.At);
    }

    [Fact]
    public void A_window_is_handed_out_whole_once_and_not_before_the_watermark()
    {
        for (var second = 0; second < 20; second++)
            Take(second, _noon.AddSeconds(second - 20), requests: 1);

        var early = _frames.TakeWindows(TimeSpan.FromSeconds(10), Instance);
        _time.Advance(TimeSpan.FromSeconds(30));
        var whole = _frames.TakeWindows(TimeSpan.FromSeconds(10), Instance);
        var again = _frames.TakeWindows(TimeSpan.FromSeconds(10), Instance);

        Assert.Empty(early);
        Assert.Equal([10L, 10L], whole.Select(window => window.Requests));
        Assert.Empty(again);
    }

    [Fact]
    public void Latencies_of_many_nodes_add_up()
    {
        for (var node = 0; node < 100; node++)
            Take(node, _noon, requests: 1, microseconds: 1_000 * (node + 1));

        var merged = new LatencyHistogram();
        Assert.True(merged.TryMerge(Assert.Single(_frames.Read("production", "e", _noon.AddSeconds(-1), _noon)).Second.Latency.Span));
        Assert.Equal(100, merged.Count);
        Assert.InRange(merged.Quantile(0.5)!.Value, 49_000, 51_000);
    }

    [Fact]
    public void A_series_nobody_feeds_any_more_is_forgotten()
    {
        Take(1, _noon, requests: 1);
        _time.Advance(TimeSpan.FromMinutes(16));

        _frames.TakeWindows(TimeSpan.FromSeconds(10), Instance);

        Assert.Empty(_frames.Totals());
    }

    private const string Instance = "0123456789abcdef0123456789abcdef";

    private void Take(long seq, DateTimeOffset at, long requests, long microseconds = 100)
    {
        var latency = new LatencyHistogram();
        latency.Record(microseconds);
        _frames.Take("production", _node, new Frame("session", seq, at, [new FrameSeries { Endpoint = "e", Release = "rel-1", Arm = "stable", Requests = requests, Latency = latency.ToBytes() }]));
    }

    private long Counted() => _frames.Read("production", "e", _noon.AddMinutes(-1), _noon.AddMinutes(1)).Sum(pair => pair.Second.Requests);
}
