using System.Text;
using DuckDB.NET.Data;
using Serving.Contracts.State;
using Serving.Node.Log;
using Serving.Node.Log.Segments;
using Serving.Node.Tests.Kit;
using Serving.Node.Versions;
using Testing.Models;

namespace Serving.Node.Tests.Log;

/// <summary>Segments as their readers read them, which share no code with what writes them.</summary>
public sealed class SegmentTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("segments-").FullName;
    private readonly LoadedRelease _wide = Loaded.Release(TinyModel.Add(1, width: 3), "rel-wide", version: "2");
    private readonly LoadedRelease _one = Loaded.Release(TinyModel.Add(1), "rel-one");
    private readonly PredictionLog _log = new(TimeProvider.System);

    [Fact]
    public async Task Rows_of_many_arms_and_shapes_come_back_as_they_went_in()
    {
        var (stable, candidate) = (Loaded.Arm(_wide), Loaded.Arm(_wide, ArmState.Candidate));
        for (var i = 0; i < 300; i++)
            await AnswerAsync(i % 20 == 0 ? candidate : stable, $"r{i:D3}", "{\"inputs\":{\"x\":[" + $"{i},{i}.5,-{i}" + "]}}", prediction: i % 3 == 0 ? double.NaN : i);
        await AnswerAsync(stable, "rows", """{"rows":[{"inputs":{"x":[1,2,3]}},{"inputs":{"x":[4,5,6]}}]}""", prediction: 1);
        _log.Failed(Loaded.Exchange(_wide, [], id: "failed", unit: "u1"), 500, "ModelFailed");

        var files = Write();

        Assert.Equal("303|300|15|1|101", Ask(files, """SELECT count(*) || '|' || count(DISTINCT "i.x"[1]) || '|' || count(*) FILTER (arm = 'candidate') || '|' || count(*) FILTER (error = 'ModelFailed' AND status = 500 AND unit IS NOT NULL) || '|' || count(*) FILTER (prediction IS NULL)"""));
        Assert.Equal("[7.0, 7.5, -7.0]|[8.0, 8.5, -6.0]|7.0|2|rel-wide|0", Ask(files, """SELECT "i.x"::VARCHAR || '|' || "o.y"::VARCHAR || '|' || prediction || '|' || version || '|' || release || '|' || row""", "WHERE request_id = 'r007'"));
        Assert.Equal("[4.0, 5.0, 6.0]", Ask(files, """SELECT "i.x"::VARCHAR""", "WHERE request_id = 'rows' AND row = 1"));
        Assert.Equal("0", Ask(files, """SELECT count("i.x")""", "WHERE request_id = 'failed'"));
    }

    [Fact]
    public async Task Tensors_of_one_name_and_two_kinds_go_into_segments_of_their_own()
    {
        await AnswerAsync(Loaded.Arm(_wide), "wide", """{"inputs":{"x":[1,2,3]}}""", prediction: 1);
        await AnswerAsync(Loaded.Arm(_one), "one", """{"inputs":{"x":[1]}}""", prediction: 1);

        var files = Write();

        Assert.Equal(2, files.Count);
        Assert.Equal("[2.0, 3.0, 4.0]", Ask([files[0]], """SELECT "o.y"::VARCHAR"""));
        Assert.Equal("2.0", Ask([files[1]], """SELECT "o.y"::VARCHAR"""));
    }

    [Fact]
    public async Task A_reader_skips_files_by_the_range_of_their_request_ids()
    {
        foreach (var id in (string[])["b", "a", "c"])
            await AnswerAsync(Loaded.Arm(_one), id, """{"inputs":{"x":[1]}}""", prediction: 1);

        var file = Write()[0];

        using var database = new DuckDBConnection("DataSource=:memory:");
        database.Open();
        using var command = database.CreateCommand();
        command.CommandText = $"SELECT stats_min_value || stats_max_value FROM parquet_metadata('{file}') WHERE path_in_schema = 'request_id'";
        Assert.Equal("ac", command.ExecuteScalar());
    }

    public void Dispose()
    {
        _wide.Retire();
        _one.Retire();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task AnswerAsync(ServedArm arm, string id, string body, double prediction)
    {
        var exchange = Loaded.Exchange(arm.Release, Encoding.UTF8.GetBytes(body), id: id);
        exchange.Arm = arm;
        await arm.Release.Runner.RunAsync(exchange.Call, long.MaxValue);
        var watched = Enumerable.Repeat(prediction, exchange.Rows).ToArray();
        _log.Answered(exchange, watched, watched);
        arm.Release.Model.Return(exchange.Call);
    }

    private List<string> Write()
    {
        var spool = new Spool(_folder, 1);
        var visited = 0;
        while (_log.TryTake(ref visited, out var chunk))
            spool.Append(chunk);
        spool.Flush();
        var files = new List<string>();
        foreach (var (_, rows) in spool.ReadAll())
        {
            files.Add(Path.Combine(_folder, $"{files.Count}.parquet"));
            using var into = File.Create(files[^1]);
            Segment.Write(into, rows, "node-1");
        }

        spool.Delete();
        return files;
    }

    private static string? Ask(IReadOnlyList<string> files, string select, string where = "")
    {
        using var database = new DuckDBConnection("DataSource=:memory:");
        database.Open();
        using var command = database.CreateCommand();
        command.CommandText = $"{select} FROM read_parquet([{string.Join(',', files.Select(file => $"'{file}'"))}], union_by_name=true) {where}";
        return command.ExecuteScalar()?.ToString();
    }
}
