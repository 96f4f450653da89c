using ControlPlane.Data.Lake;
using Microsoft.Extensions.Logging.Abstractions;
using Parquet.Serialization;

namespace ControlPlane.Data.Tests.Lake;

public sealed class ListTests : IDisposable
{
    private static readonly DateTimeOffset _noon = new(2026, 5, 3, 12, 30, 0, TimeSpan.Zero);

    private readonly string _root = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Requests_of_a_time_are_found_in_what_nodes_write_and_others_are_not()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_root, "kind=prediction", "env=production", "endpoint=fraud", "date=2026-05-03", "hour=12")).FullName;
        var rows = new[] { -40, -5, -1 }.Select(minutes => new Row { request_id = $"r{-minutes}", at = (_noon.AddMinutes(minutes) - DateTimeOffset.UnixEpoch).Ticks / 10, status = minutes == -5 ? 500 : 200 });
        await ParquetSerializer.SerializeAsync(rows, Path.Combine(folder, "node-1-1777811400000000.parquet"));
        using var lake = new Data.Lake.Lake(_root, new LakeLimits(), TimeProvider.System, NullLogger<Data.Lake.Lake>.Instance);

        var found = await lake.ListAsync(new LakeQuery("production", "fraud", _noon.AddMinutes(-10), _noon, 100), TestContext.Current.CancellationToken);
        var failed = await lake.ListAsync(new LakeQuery("production", "fraud", _noon.AddMinutes(-10), _noon, 100, Status: 500), TestContext.Current.CancellationToken);

        Assert.Equal(["r1", "r5"], found.Select(row => row.Text("request_id")));
        Assert.Equal(["r5"], failed.Select(row => row.Text("request_id")));
        Assert.Equal(_noon.AddMinutes(-1), found[0].Instant("at"));
    }

    [Fact]
    public async Task H98_One_request_is_taken_out_of_the_log_and_nothing_else()
    {
        var now = TimeProvider.System.GetUtcNow();
        var folder = Directory.CreateDirectory(Path.Combine(_root, "kind=prediction", "env=production", "endpoint=fraud", $"date={now:yyyy-MM-dd}", $"hour={now:HH}")).FullName;
        for (var file = 0; file < 3; file++)
        {
            var rows = new[] { "a", "b", "c" }.Select(name => new Row { request_id = $"{name}-{(name == "a" ? 0 : file)}", at = (now - DateTimeOffset.UnixEpoch).Ticks / 10, status = 200 });
            await ParquetSerializer.SerializeAsync(file == 2 ? rows.Skip(1) : rows, Path.Combine(folder, $"node-1-{file}.parquet"));
        }

        using var lake = new Data.Lake.Lake(_root, new LakeLimits(), TimeProvider.System, NullLogger<Data.Lake.Lake>.Instance);
        var upkeep = new LakeUpkeep(_root, lake);

        var files = await upkeep.ForgetAsync("a-0", TestContext.Current.CancellationToken);
        var again = await upkeep.ForgetAsync("a-0", TestContext.Current.CancellationToken);
        var gone = await lake.FindAsync("a-0", TestContext.Current.CancellationToken);
        var left = await lake.ListAsync(new LakeQuery("production", "fraud", now.AddMinutes(-1), now.AddMinutes(1), 100), TestContext.Current.CancellationToken);

        Assert.Equal((2, 0), (files, again));
        Assert.Empty(gone);
        Assert.Equal(["b-0", "b-1", "b-2", "c-0", "c-1", "c-2"], left.Select(row => row.Text("request_id")).Order());
        Assert.All(left, row => Assert.Equal("rel-1", row.Text("release")));
        Assert.Equal(3, Directory.GetFiles(folder).Length);
    }

    [Fact]
    public void H98_Days_that_are_older_than_they_may_become_are_removed()
    {
        foreach (var day in (string[])["2026-04-01", "2026-04-02", "2026-05-03"])
            File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(_root, "kind=prediction", "env=production", "endpoint=fraud", $"date={day}", "hour=12")).FullName, "n-1.parquet"), "x");
        using var lake = new Data.Lake.Lake(_root, new LakeLimits(), TimeProvider.System, NullLogger<Data.Lake.Lake>.Instance);

        var removed = new LakeUpkeep(_root, lake).RemoveOld(_noon.AddDays(-31));

        Assert.Equal(1, removed);
        Assert.Equal(["date=2026-04-02", "date=2026-05-03"], Directory.GetDirectories(Path.Combine(_root, "kind=prediction", "env=production", "endpoint=fraud")).Select(Path.GetFileName).Order());
    }

    private sealed class Row
    {
        public string request_id { get; set; } = "";
        public long at { get; set; }
        public int row { get; set; }
        public string release { get; set; } = "rel-1";
        public int status { get; set; }
    }
}
