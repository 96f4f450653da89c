using System.Text;
using Serving.Contracts.State;
using Serving.Node.Tests.Kit;
using Testing;
using Testing.Processes;

namespace Serving.Node.Tests.Versions;

/// <summary>A real model of half a megabyte that is loaded, run and let go again and again in a real node.</summary>
public sealed class ReloadTests
{
    /// <summary>What a young process takes anyway: compiled code, the collector's first budget.</summary>
    private const int Settling = 25;

    /// <summary>Bytes. What stays of 75 loads would be 35 MiB if it were the files alone.</summary>
    private const long MostGrowth = 24L << 20;

    private static readonly byte[] _tokens = Encoding.UTF8.GetBytes("""{"inputs":{"input_ids":[1,2,3],"attention_mask":[1,1,1],"token_type_ids":[0,0,0]}}""");

    [Theory, InlineData(RuntimeConfiguration.InProcess), InlineData(RuntimeConfiguration.Process)]
    public async Task F68_A_hundred_loads_runs_and_unloads_of_a_real_model_leave_neither_memory_nor_threads_nor_processes(string isolation)
    {
        const int Cycles = 100;
        await using var site = await Site.CreateAsync();
        var (plan, _) = await site.ServeFirstAsync(Site.LargeCache);
        var model = await File.ReadAllBytesAsync(Path.Combine(Repository.Shared, "models", "good", "tinybert.onnx"));
        var releases = new string[2];
        plan = plan.With(out releases[0], "2", model, isolation: isolation);
        // The same model with a description added (field 6 of ModelProto): another file, so another release.
        plan = plan.With(out releases[1], "3", [.. model, 0x32, 0x01, (byte)'2'], isolation: isolation);

        plan = await CycleAsync(site, plan, releases, Settling);
        var pid = site.Node.Process.Id;
        var (memory, threads) = (ChildProcess.ResidentBytesOf(pid), ThreadsOf(pid));
        await CycleAsync(site, plan, releases, Cycles - Settling);

        // What is free is given back a while later: the collector and the allocator are in no hurry.
        await Eventually.GetAsync(() => Task.FromResult(ChildProcess.ResidentBytesOf(pid)), now => now <= memory + MostGrowth, TimeSpan.FromSeconds(30), $"at most {MostGrowth} bytes more than {memory}");
        await Eventually.GetAsync(() => Task.FromResult(ThreadsOf(pid)), now => now <= threads + 1, TimeSpan.FromSeconds(30), $"no more threads than {threads}, but for one of the pool");
        await Eventually.TrueAsync(() => site.Workers().Count == (isolation == RuntimeConfiguration.Process ? 1 : 0), TimeSpan.FromSeconds(10), "no worker but that of the release served");
    }

    /// <summary>Each in turn is served and asked; the one before is let go.</summary>
    private static async Task<Plan> CycleAsync(Site site, Plan plan, string[] releases, int times)
    {
        for (var i = 0; i < times; i++)
        {
            plan = plan.Serving("e", releases[plan.Revision % releases.Length]).Next();
            var revision = plan.Revision;
            await site.ControlPlane.PublishAsync(plan.Seal());
            var report = await site.ControlPlane.ReportAsync(report => report.AppliedRevision == revision || report.Rejected?.Revision == revision);
            using var answer = await site.Node.Client.PostAsync("/predict/e", new ByteArrayContent(_tokens) { Headers = { ContentType = new("application/json") } });

            Assert.Null(report.Rejected);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        }

        return plan;
    }

    private static int ThreadsOf(int pid) => Directory.GetDirectories($"/proc/{pid}/task").Length;
}
