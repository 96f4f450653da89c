using Microsoft.Extensions.Logging.Abstractions;
using Serving.Contracts.State;
using Serving.Node.Cache;
using Serving.Node.Hosting;
using Serving.Node.Log;
using Serving.Node.Protocols.Native;
using Serving.Node.Protocols.OpenInference;
using Serving.Node.Receive;
using Serving.Node.Tests.Kit;
using Serving.Node.Versions;
using Testing;
using Testing.Models;

namespace Serving.Node.Tests.Log;

/// <summary>The disk does what disks do; predictions go on.</summary>
public sealed class LogWriterTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("log-writer-").FullName;
    private readonly LoadedRelease _release = Loaded.Release(TinyModel.Add(1), "rel-1");
    private readonly ServedArm _arm;
    private readonly PredictionLog _log = new(TimeProvider.System);

    public LogWriterTests() => _arm = Loaded.Arm(_release);

    [Fact]
    public async Task A_disk_that_takes_nothing_costs_rows_which_are_counted_and_the_log_comes_back()
    {
        var blocked = Path.Combine(_root, "spool");
        await File.WriteAllTextAsync(blocked, "a file where the folder should be");
        using var writer = Writer();
        await writer.StartAsync(CancellationToken.None);

        Put("lost");
        await Eventually.TrueAsync(() => _log.Dropped == 1, TimeSpan.FromSeconds(10), "the row was counted");
        File.Delete(blocked);
        await Eventually.TrueAsync(() =>
        {
            Put("kept");
            return Segments().Length > 0;
        }, TimeSpan.FromSeconds(20), "a segment");
        await writer.StopAsync(CancellationToken.None);

        Assert.Empty(Directory.GetFiles(blocked));
    }

    [Fact]
    public async Task A_stop_seals_what_is_there()
    {
        using var writer = Writer(TimeSpan.FromMinutes(5));
        await writer.StartAsync(CancellationToken.None);
        Put("last");
        await Eventually.TrueAsync(() => Directory.Exists(Path.Combine(_root, "spool")), TimeSpan.FromSeconds(5), "taken");

        await writer.StopAsync(CancellationToken.None);

        Assert.Single(Segments());
        Assert.Empty(Directory.GetFiles(Path.Combine(_root, "spool")));
    }

    [Fact]
    public async Task A_torn_last_record_is_left_out_and_the_others_are_sealed_under_the_same_name_twice()
    {
        var folder = Path.Combine(_root, "spool");
        var spool = new Spool(folder, 1_700_000_000_000);
        spool.Append(Chunk("whole", "torn"));
        spool.Flush();
        var file = Directory.GetFiles(folder).Single();
        var torn = (await File.ReadAllBytesAsync(file))[..^5];

        for (var start = 0; start < 2; start++)
        {
            await File.WriteAllBytesAsync(file, torn);
            using var writer = Writer();
            await writer.StartAsync(CancellationToken.None);
            await Eventually.TrueAsync(() => Directory.GetFiles(folder).Length == 0, TimeSpan.FromSeconds(10), "replayed");
            await writer.StopAsync(CancellationToken.None);
        }

        var segment = Assert.Single(Segments());
        Assert.EndsWith("~node-1-1700000000000000.parquet", segment);
        var rows = await Parquet.Serialization.ParquetSerializer.DeserializeUntypedAsync(File.OpenRead(segment));
        Assert.Equal("whole", Assert.Single(rows.Data)!["request_id"]);
    }

    [Fact]
    public async Task A_row_says_whether_it_came_from_the_model_or_a_cache_and_its_status_is_the_same()
    {
        using var writer = Writer();
        await writer.StartAsync(CancellationToken.None);
        Put("run");
        var kept = Request("kept", new LoggingState());
        kept.Hit = new CachedAnswer(0, [], 0, 0, [], 0);
        _log.Failed(kept, 400, "InvalidInput");
        await Eventually.TrueAsync(() => Directory.Exists(Path.Combine(_root, "spool")), TimeSpan.FromSeconds(5), "taken");
        await writer.StopAsync(CancellationToken.None);

        var rows = new List<IDictionary<string, object?>>();
        foreach (var segment in Segments())
            rows.AddRange((await Parquet.Serialization.ParquetSerializer.DeserializeUntypedAsync(File.OpenRead(segment))).Data.Select(row => (IDictionary<string, object?>)row!));

        Assert.Equal([("kept", "cache", 400), ("run", "model", 400)], rows.Select(row => ((string)row["request_id"]!, (string)row["served_from"]!, (int)row["status"]!)).Order());
    }

    [Fact]
    public async Task An_outbox_that_is_full_lets_the_oldest_go()
    {
        var outbox = new Outbox(Path.Combine(_root, "outbox"), mostBytes: 250);
        for (var i = 0; i < 4; i++)
        {
            await outbox.PutAsync(new("fraud", new DateOnly(2026, 11, 24), 3, $"node-1-{i}"), into => into.WriteAsync(new byte[100]).AsTask());
            File.SetLastWriteTimeUtc(Segments().Order().Last(), DateTime.UnixEpoch.AddMinutes(i));
        }

        var removed = outbox.Trim();

        Assert.Equal(2, removed);
        Assert.Equal(["node-1-3", "node-1-2"], outbox.List().Select(segment => segment.Name.File));
    }

    [Fact]
    public void A_writer_that_falls_behind_costs_rows_which_are_counted_and_no_memory_without_bound()
    {
        const int rows = 1_000_000;
        for (var i = 0; i < rows; i++)
            Put("row");

        var (kept, bytes) = Taken();
        Assert.Equal(rows, kept + _log.Dropped);
        Assert.InRange(_log.Dropped, 1, rows - 1);
        Assert.InRange(bytes, 60 << 20, 66 << 20);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1_000)]
    [InlineData(0.2, 200)]
    public void Units_are_sampled_as_the_endpoint_says(double sample, int expected)
    {
        for (var unit = 0; unit < 1_000; unit++)
            _log.Failed(Request($"u{unit}", new LoggingState(sample)), 500, "ModelFailed");

        // Binomial: ± 5 standard deviations.
        var spread = (int)(5 * Math.Sqrt(1_000 * sample * (1 - sample)));
        Assert.InRange(Taken().Rows, expected - spread, expected + spread);
    }

    public void Dispose()
    {
        _release.Retire();
        Directory.Delete(_root, recursive: true);
    }

    private string[] Segments() => Directory.Exists(Path.Combine(_root, "outbox")) ? Directory.GetFiles(Path.Combine(_root, "outbox"), "*.parquet") : [];

    private LogWriter Writer(TimeSpan? seal = null)
    {
        var options = new NodeOptions { Name = "node-1", CacheDirectory = _root, LogSealInterval = seal ?? TimeSpan.FromSeconds(0.5) };
        return new LogWriter(_log, new NodePaths(options), options, TimeProvider.System, NullLogger<LogWriter>.Instance);
    }

    private void Put(string id) => _log.Failed(Request(id, new LoggingState()), 400, "InvalidInput");

    private NativeExchange Request(string id, LoggingState logging) => new()
    {
        RequestId = id,
        Unit = id,
        Began = TimeProvider.System.GetTimestamp(),
        Endpoint = Loaded.Endpoint(new EndpointState { Name = "fraud", Logging = logging }),
        Arm = _arm,
    };

    private LogChunk Chunk(params string[] ids)
    {
        var chunk = new LogChunk();
        var at = new DateTimeOffset(2026, 11, 24, 3, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds() * 1000;
        foreach (var id in ids)
        {
            var request = Request(id, new LoggingState());
            chunk.Define(request.Arm.LogHead);
            var begin = chunk.Begin(FrameKind.Record);
            RecordWriter.WriteHead(chunk, request, new RecordTimes(at, Queue: 1, Model: 2, Total: 3), 400, "InvalidInput", rows: 1);
            chunk.End(begin, rows: 1);
        }

        return chunk;
    }

    private (long Rows, long Bytes) Taken()
    {
        var (rows, bytes, visited) = (0L, 0L, 0);
        while (_log.TryTake(ref visited, out var chunk))
            (rows, bytes) = (rows + chunk.Rows, bytes + chunk.Length);
        return (rows, bytes);
    }
}
