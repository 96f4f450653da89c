using ControlPlane.Data.Rollouts;
using ControlPlane.Data.Tests.Kit;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Domain.Rollouts.Gates;
using Serving.Contracts.Reports;

namespace ControlPlane.Data.Tests.Rollouts;

/// <summary>What gates are given of the rows that control planes wrote.</summary>
public sealed class GateRowsTests(Databases databases)
{
    private const string Stable = "rel-1";
    private const string Candidate = "rel-2";

    private static readonly GateWindow _window = GateWindow.Default;

    /// <summary>Newest window that the clock calls complete.</summary>
    private static readonly long _clock = _window.Watermark(Some.Noon);

    public static TheoryData<string> Providers => Databases.Providers;

    [Theory, MemberData(nameof(Providers))]
    public async Task Rows_of_both_releases_and_all_instances_are_read_once_and_no_others(string provider)
    {
        await using var database = await databases.MakeAsync(provider);
        await WriteAsync(database, Writer("one", _clock), Writer("two", _clock));
        await WriteAsync(
            database,
            Row(_clock, Stable, "one", 80), Row(_clock, Stable, "two", 10), Row(_clock, Candidate, "one", 5, errors: 2), Row(_clock - 1, Candidate, "two", 7),
            Row(_clock, Candidate, $"{MetricWindow.Late}1", 9), Row(_clock, "rel-3", "one", 1_000), Row(_clock, Candidate, "one", 1_000, arm: "direct"), Row(_clock - 2, Stable, "one", 1_000),
            Row(_clock + 1, Stable, "one", 1_000));

        var measured = await MeasureAsync(database, Started(_clock - 5), after: _clock - 2);

        Assert.Equal((_clock, _clock), (measured.Watermark, measured.MeasuredThrough));
        Assert.Equal(
            [(_clock - 1, GateArm.Candidate, 7, 0, false), (_clock, GateArm.Candidate, 5, 2, false), (_clock, GateArm.Candidate, 9, 0, true), (_clock, GateArm.Stable, 10, 0, false), (_clock, GateArm.Stable, 80, 0, false)],
            measured.Rows.Select(row => (row.Window, row.Arm, row.Requests, row.Errors, row.IsLate)).OrderBy(row => row.Window).ThenByDescending(row => row.Arm).ThenBy(row => row.Requests));
        Assert.Equal(1, measured.Rows.Single(row => row.Requests == 5).Invalid);
        Assert.Equal(3, measured.Rows.First(row => row.Requests == 7).Prediction!.Count);
        Assert.Equal(1, measured.Rows.First(row => row.Requests == 7).Latency!.Count);
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 1, 1)]
    [InlineData(5, GateRows.Patience, 5)]
    public async Task The_control_plane_that_is_furthest_behind_is_waited_for_but_not_forever(int behind, int waits, int measuredBehind)
    {
        await using var database = await databases.MakeAsync(DatabaseSetup.Sqlite);
        await WriteAsync(database, Writer("one", _clock), Writer("two", _clock - behind));

        var measured = await MeasureAsync(database, Started(_clock - 9), after: null);

        Assert.Equal((_clock - waits, _clock - measuredBehind), (measured.Watermark, measured.MeasuredThrough));
    }

    [Fact]
    public async Task One_that_has_ended_holds_nobody_up_and_without_any_nothing_is_measured()
    {
        await using var database = await databases.MakeAsync(DatabaseSetup.Sqlite);
        await WriteAsync(database, Writer("gone", _clock - 100, Some.Noon.AddMinutes(-2)));
        var none = await MeasureAsync(database, Started(_clock - 9), after: null);
        await WriteAsync(database, Writer("one", _clock));
        var one = await MeasureAsync(database, Started(_clock - 9), after: null);
        var withoutNodes = await MeasureAsync(database, Started(_clock - 9), after: null, isMeasured: false);

        Assert.Equal((_clock - GateRows.Patience, null), (none.Watermark, none.MeasuredThrough));
        Assert.Equal((_clock, _clock), (one.Watermark, one.MeasuredThrough));
        Assert.Null(withoutNodes.MeasuredThrough);
    }

    [Fact]
    public async Task A_shorter_window_is_counted_in_itself()
    {
        await using var database = await databases.MakeAsync(DatabaseSetup.Sqlite);
        var two = new GateWindow(TimeSpan.FromSeconds(2));
        var clock = two.Watermark(Some.Noon);
        await WriteAsync(database, new MetricWriter { Instance = "one", Until = two.StartOf(clock + 1), At = Some.Noon });
        await WriteAsync(database, Row(0, Candidate, "one", 4, at: two.StartOf(clock)));

        await using var db = database.CreateDbContext();
        var measured = await db.MeasuredAsync(Started(clock - 3), after: null, isMeasured: true, two, Some.Noon, CancellationToken.None);

        Assert.Equal((clock, clock, 4L), (measured.Watermark, measured.Rows.Single().Window, measured.Rows.Single().Requests));
    }

    private static async Task<Measurements> MeasureAsync(TestDatabase database, Rollout rollout, long? after, bool isMeasured = true)
    {
        await using var db = database.CreateDbContext();
        return await db.MeasuredAsync(rollout, after, isMeasured, _window, Some.Noon, CancellationToken.None);
    }

    private static async Task WriteAsync(TestDatabase database, params object[] rows)
    {
        await using var db = database.CreateDbContext();
        db.AddRange(rows);
        await db.SaveChangesAsync();
    }

    private static MetricWriter Writer(string instance, long through, DateTimeOffset? at = null) => new() { Instance = instance, Until = _window.StartOf(through + 1), At = at ?? Some.Noon };

    private static MetricWindow Row(long window, string release, string instance, long requests, long errors = 0, string arm = "stable", DateTimeOffset? at = null)
    {
        var latency = new LatencyHistogram();
        latency.Record(1_000);
        return new()
        {
            Environment = TestDatabase.Production, Endpoint = "fraud", Release = release, Arm = arm, At = at ?? _window.StartOf(window), Instance = instance, Requests = requests, Errors = errors, Invalid = errors > 0 ? 1 : 0,
            Latency = latency.ToBytes(), Predictions = 3, PredictionMean = 0.5,
        };
    }

    private static Rollout Started(long inForceFrom)
    {
        var endpoint = Some.Endpoint();
        endpoint.Serve(Stable, Some.Noon);
        var rollout = Some.Started(1, endpoint, Candidate, Canary.Plan(needsApproval: false));
        rollout.Move(new Transition(rollout.State with { InForceFrom = inForceFrom }, null, "", ChangesDesiredState: false), "automatic", Some.Noon);
        return rollout;
    }
}
