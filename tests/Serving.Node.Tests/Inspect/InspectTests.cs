using System.Diagnostics;
using System.Text.Json;
using Serving.Contracts;
using Serving.Contracts.Models;
using Serving.Node.Inspect;
using Testing;
using Testing.Models;

namespace Serving.Node.Tests.Inspect;

/// <summary>The inspection as it is started for real: its own process, under its limits.</summary>
public sealed class InspectTests : IDisposable
{
    private const string Golden = """{"request":{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":[1]}]},"response":{"outputs":[{"name":"y","datatype":"FP32","shape":[1,1],"data":[VALUE]}]}}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("inspect-").FullName;

    public static TheoryData<string, string, string> Bad => new()
    {
        { "constantofshape_bomb", "loads|sample", "allocates" },
        { "cycle", "loads", "refers to itself" },
        { "type_mismatch", "loads", "disagree about a type" },
        { "unknown_op", "loads", "operator" },
        { "opset_99", "loads", "target_opset" },
        { "custom_domain", "loads", "operator" },
        { "ir_version_99", "loads", "IR version" },
        { "truncated_50", "loads", "damaged" },
        { "pickle", "loads", "damaged" },
        { "extdata_parent", "loads", "external data" },
        { "huge_dims_initializer", "loads", "shapes" },
    };

    [Theory, MemberData(nameof(Bad))]
    public async Task A_model_that_cannot_be_served_fails_one_check_that_says_what_to_do(string model, string check, string remedy)
    {
        File.Copy(Path.Combine(Repository.Shared, "models", "bad", model + ".onnx"), Path.Combine(_folder, "model.onnx"));

        var report = await InspectAsync();

        var failed = Assert.Single(report.Checks, found => found.Outcome == ModelCheck.Failed);
        Assert.Contains(failed.Check, check.Split('|'));
        Assert.NotEmpty(failed.Detail);
        Assert.DoesNotContain(_folder + "/", failed.Detail, StringComparison.Ordinal);
        Assert.Contains(remedy, failed.Remedy!, StringComparison.OrdinalIgnoreCase);
    }

    public static TheoryData<string, string> Odd => new()
    {
        { "infinite_loop", ModelCheck.Warning },
        { "nan_output", ModelCheck.Warning },
        { "names_odd", ModelCheck.Passed },
        { "xss_strings", ModelCheck.Passed },
        { "zipmap_string", ModelCheck.Passed },
    };

    [Theory, MemberData(nameof(Odd))]
    public async Task An_odd_model_is_accepted(string model, string sample)
    {
        File.Copy(Path.Combine(Repository.Shared, "models", "odd", model + ".onnx"), Path.Combine(_folder, "model.onnx"));

        var report = await InspectAsync();

        Assert.DoesNotContain(report.Checks, found => found.Outcome == ModelCheck.Failed);
        Assert.Equal(sample, Assert.Single(report.Checks, found => found.Check == ModelChecks.Sample).Outcome);
    }

    [Fact]
    public async Task A_good_model_gets_its_signature_times_and_memory()
    {
        await WriteAsync(TinyModel.Add(2), Golden.Replace("VALUE", "3", StringComparison.Ordinal));

        var report = await InspectAsync();

        Assert.All(report.Checks, check => Assert.Equal(ModelCheck.Passed, check.Outcome));
        Assert.Equal([ModelChecks.Loads, ModelChecks.Golden, ModelChecks.Sample, ModelChecks.Signature], report.Checks.Select(check => check.Check));
        Assert.Equal("x", Assert.Single(report.Signature!.Inputs).Name);
        Assert.Equal(1, report.GoldenSamples);
        Assert.InRange(report.LoadMs!.Value, 0.001, 60_000);
        Assert.InRange(report.PeakMemoryBytes!.Value, 10 << 20, 1 << 30);
        Assert.InRange(report.Latency!.P99Us, report.Latency.P50Us, 10_000_000);
    }

    [Theory, InlineData("4", "4"), InlineData("", "golden.jsonl")]
    public async Task A_golden_sample_that_is_wrong_or_unreadable_fails(string value, string says)
    {
        await WriteAsync(TinyModel.Add(2), Golden.Replace("VALUE", value, StringComparison.Ordinal)[..^(value.Length == 0 ? 5 : 0)]);

        var report = await InspectAsync();

        var failed = Assert.Single(report.Checks, check => check.Outcome == ModelCheck.Failed);
        Assert.Equal(ModelChecks.Golden, failed.Check);
        Assert.Contains(says, failed.Detail + failed.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task F60_A_crash_at_load_ends_the_inspection_with_signal_11()
    {
        await WriteAsync(TinyModel.Add(2), golden: null);

        var (exit, output) = await RunAsync("FAILPOINTS=inspect.load=segfault");

        Assert.Equal(128 + 11, exit);
        Assert.Empty(output);
    }

    [Fact]
    public async Task A_folder_without_a_model_fails()
    {
        var report = await InspectAsync();

        Assert.Equal(ModelCheck.Failed, Assert.Single(report.Checks).Outcome);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task WriteAsync(byte[] model, string? golden)
    {
        await File.WriteAllBytesAsync(Path.Combine(_folder, "model.onnx"), model);
        if (golden is not null)
            await File.WriteAllTextAsync(Path.Combine(_folder, "golden.jsonl"), golden);
    }

    [Fact]
    public async Task A_probe_that_gives_way_runs_on_idle_time_only()
    {
        var start = ChildCommand.Build("/usr/bin/chrt", ["-p", "0"], _folder, ChildLimits.IdleProbe, withoutNetwork: false);

        using var child = Process.Start(start)!;
        var output = await child.StandardOutput.ReadToEndAsync();
        await child.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Contains("SCHED_IDLE", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_probe_finds_what_an_inspection_finds_and_measures_batches_instead_of_rows()
    {
        await File.WriteAllBytesAsync(Path.Combine(_folder, "model.onnx"), TinyModel.Add(1));

        var inspected = await InspectAsync();
        var probed = await InspectAsync(InspectCommand.ProbeVerb, "6");

        Assert.NotNull(inspected.Latency);
        Assert.Null(inspected.BatchCosts);
        Assert.Null(probed.Latency);
        Assert.Equal([1, 2, 4, 6], probed.BatchCosts!.Select(cost => cost.Rows));
        Assert.All(probed.BatchCosts!, cost => Assert.InRange(cost.Nanoseconds, 100, 50_000_000));
        Assert.Equal(inspected.Checks.Select(check => (check.Check, check.Outcome)), probed.Checks.Select(check => (check.Check, check.Outcome)));
    }

    private async Task<InspectReport> InspectAsync(string verb = InspectCommand.Verb, string? rows = null)
    {
        var (exit, output) = await RunAsync(verb: verb, rows: rows);
        Assert.Equal(0, exit);
        Assert.Equal('\n', output[^1]);
        Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        return JsonSerializer.Deserialize(output, ContractsJson.Default.InspectReport)!;
    }

    private async Task<(int Exit, string Output)> RunAsync(string? variable = null, string verb = InspectCommand.Verb, string? rows = null)
    {
        var temporary = Directory.CreateTempSubdirectory("inspect-temporary-").FullName;
        var start = ChildCommand.Build(Repository.Program("Serving.Node"), rows is null ? [verb, _folder] : [verb, _folder, rows], temporary, ChildLimits.Probe, withoutNetwork: false);
        if (variable is not null)
            start.ArgumentList.Insert(1, variable);
        using var child = Process.Start(start)!;
        child.StandardInput.Close();
        var errors = child.StandardError.ReadToEndAsync();
        var output = await child.StandardOutput.ReadToEndAsync();
        await child.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(90));
        await errors;
        // Among others: no session file of a runtime that reports to its maker.
        Assert.Empty(Directory.GetFiles(temporary));
        Directory.Delete(temporary, recursive: true);
        return (child.ExitCode, output);
    }
}
