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

    private sealed class Row
    {
        public string request_id { get; set; } = "";
        public long at { get; set; }
        public int row { get; set; }
        public string release { get; set; } = "rel-1";
        public int status { get; set; }
    }
}
