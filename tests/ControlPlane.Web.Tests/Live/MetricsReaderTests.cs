using ControlPlane.Data;
using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Features.Endpoints;
using ControlPlane.Web.Live;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Serving.Contracts.Reports;
using LiveFrames = ControlPlane.Web.Live.Frames;

namespace ControlPlane.Web.Tests.Live;

public sealed class MetricsReaderTests : IAsyncLifetime
{
    // Not on the border of a window, as a process seldom starts there.
    private static readonly DateTimeOffset _start = new(2026, 5, 3, 12, 0, 3, TimeSpan.Zero);

    private readonly string _name = $"Data Source=file:{Guid.NewGuid():N}?mode=memory&cache=shared";
    private readonly FakeTimeProvider _time = new(_start);
    private readonly SqliteConnection _open;
    private readonly Databases _databases;
    private readonly LiveFrames _frames;
    private readonly MetricsReader _reader;
    private long _seq;

    public MetricsReaderTests()
    {
        _open = new SqliteConnection(_name);
        _databases = new Databases(_name);
        _frames = NewFrames();
        _reader = new MetricsReader(_databases, _frames, Options.Create(new GatesOptions()));
    }

    public async ValueTask InitializeAsync()
    {
        await _open.OpenAsync();
        await using var db = _databases.CreateDbContext();
        await db.Database.EnsureCreatedAsync();
    }

    public async ValueTask DisposeAsync() => await _open.DisposeAsync();

    [Fact]
    public async Task The_first_seconds_of_a_process_are_shown_at_once()
    {
        Take(_frames, _start, 5);
        Take(_frames, _start.AddSeconds(-1), 4);

        Assert.Equal(9, await CountedAsync());
    }

    [Fact]
    public async Task F39_What_is_in_memory_and_in_the_database_counts_once()
    {
        for (var second = 0; second < 1_000; second++)
        {
            Take(_frames, _time.GetUtcNow(), 1);
            if (second % 10 == 0)
                await WriteAsync(_frames);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(1_000, await CountedAsync());
        Take(_frames, _time.GetUtcNow().AddSeconds(-60), 7);
        await WriteAsync(_frames);
        Assert.Equal(1_007, await CountedAsync());
    }

    [Fact]
    public async Task What_another_control_plane_was_told_is_counted_too()
    {
        var other = NewFrames();
        Take(_frames, _start, 1);
        Take(other, _start, 20);
        _time.Advance(TimeSpan.FromSeconds(30));
        await WriteAsync(_frames);
        await WriteAsync(other);

        Assert.Equal(21, await CountedAsync());
    }

    private LiveFrames NewFrames()
    {
        var feed = new LiveFeed(NullLogger<LiveFeed>.Instance);
        return new LiveFrames(new NodeReports(null!, feed, new Wakes(), _time), feed, _time);
    }

    private void Take(LiveFrames frames, DateTimeOffset at, long requests) =>
        frames.Take("production", default, new Frame("session", ++_seq, at, [new FrameSeries { Endpoint = "fraud", Release = "rel-1", Arm = "stable", Requests = requests }]));

    private async Task WriteAsync(LiveFrames frames)
    {
        await using var db = _databases.CreateDbContext();
        db.MetricWindows.AddRange(frames.TakeWindows(new GatesOptions().Window, frames.Instance));
        await db.SaveChangesAsync(TestContext.Current.CancellationToken);
    }

    private async Task<long> CountedAsync()
    {
        var now = _time.GetUtcNow();
        var points = await _reader.ReadAsync("production", "fraud", now.AddHours(-1), now, TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        return points.Sum(point => point.Requests);
    }

    private sealed class Databases(string name) : IDbContextFactory<ControlPlaneDb>
    {
        public ControlPlaneDb CreateDbContext() =>
            new((DbContextOptions<ControlPlaneDb>)new DbContextOptionsBuilder<ControlPlaneDb>().UseSqlite(name).UseControlPlane(DatabaseSetup.Sqlite).Options);
    }
}
