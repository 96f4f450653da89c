using Serving.Node.Tests.Kit;
using Testing;
using Testing.Models;
using Testing.Processes;

namespace Serving.Node.Tests.Faults;

public sealed class ManySwapsTests
{
    /// <summary>What a young process takes anyway: compiled code, the collector's first budget. From here on it stands still.</summary>
    private const int Settling = 100;

    private const int Swaps = 200;
    private const int ModelBytes = 1 << 20;

    [Fact]
    public async Task F68_Hundreds_of_swaps_leave_memory_handles_and_threads_where_they_were()
    {
        await using var site = await Site.CreateAsync();
        var (plan, _) = await site.ServeFirstAsync(Site.LargeCache);
        var releases = new string[3];
        for (var i = 0; i < releases.Length; i++)
            plan = plan.With(out releases[i], $"{i + 2}", TinyModel.Padded(i + 2, ModelBytes));

        plan = await SwapAsync(site, plan, releases, Settling);
        var before = Taken.By(site.Node.Process.Id);
        await SwapAsync(site, plan, releases, Swaps);

        // What is free is given back a while later: the collector and the allocator are in no hurry.
        await Eventually.GetAsync(() => Task.FromResult(Taken.By(site.Node.Process.Id)), after => after.IsWithin(1.1, before), TimeSpan.FromSeconds(30), $"at most a tenth more than {before}");
    }

    /// <summary>Each in turn is served, the one before kept warm, the third put away.</summary>
    private static async Task<Plan> SwapAsync(Site site, Plan plan, string[] releases, int times)
    {
        for (var i = 0; i < times; i++)
        {
            var which = (int)(plan.Revision % releases.Length);
            plan = plan.Serving("e", releases[which]).Warm(releases[(which + 2) % releases.Length]).Next();
            var revision = plan.Revision;
            await site.ControlPlane.PublishAsync(plan.Seal());
            await site.ControlPlane.ReportAsync(report => report.AppliedRevision == revision);
            Assert.Equal(1 + which + 2, await site.AskAsync());
        }

        return plan;
    }

    private sealed record Taken(long ResidentBytes, int Handles, int Threads)
    {
        public static Taken By(int pid) =>
            new(ChildProcess.ResidentBytesOf(pid), Directory.GetFiles($"/proc/{pid}/fd").Length, Directory.GetDirectories($"/proc/{pid}/task").Length);

        public bool IsWithin(double factor, Taken before) =>
            ResidentBytes <= factor * before.ResidentBytes && Handles <= factor * before.Handles && Threads <= factor * before.Threads + 1;
    }
}
