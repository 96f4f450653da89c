using System.Text;
using Serving.Node.Tensors;
using Serving.Node.Tests.Kit;
using Serving.Node.Versions;
using Testing.Models;

namespace Serving.Node.Tests.Versions;

public sealed class SwapTests
{
    private static readonly byte[] _one = Encoding.UTF8.GetBytes("""{"inputs":{"x":[1]}}""");

    [Fact]
    public async Task F66_A_hundred_swaps_under_load_fail_no_request_and_mix_no_versions()
    {
        const int Swaps = 100;
        var table = new ServingTable();
        var retired = new List<LoadedRelease>();
        table.Publish(Loaded.Snapshot(1, Loaded.Release(TinyModel.Add(1), "rel-1")));
        using var stop = new CancellationTokenSource();
        var callers = Enumerable.Range(0, 4).Select(_ => Task.Run(() => CallAsync(table, stop.Token))).ToArray();

        for (var version = 2; version <= Swaps + 1; version++)
        {
            var old = table.Current.Endpoints["fraud"].Arms[0].Release;
            table.Publish(Loaded.Snapshot(version, Loaded.Release(TinyModel.Add(version), $"rel-{version}")));
            old.Retire();
            retired.Add(old);
            await Task.Yield();
        }

        await stop.CancelAsync();
        var answers = (await Task.WhenAll(callers)).SelectMany(answer => answer).ToList();

        Assert.NotEmpty(answers);
        Assert.All(answers, answer => Assert.Equal($"rel-{answer.Y - 1}", answer.Release));
        Assert.All(retired, release => Assert.True(release.IsDisposed));
        table.Current.Endpoints["fraud"].Arms[0].Release.Retire();
    }

    [Fact]
    public async Task F66_A_retired_release_lives_until_its_last_request_has_ended()
    {
        var release = Loaded.Release(TinyModel.Add(1), "rel-1");
        var held = release.TryAcquire();

        release.Retire();
        release.Retire();
        var lives = !release.IsDisposed;
        var y = await RunAsync(release);
        release.Release();

        Assert.True(held);
        Assert.True(lives);
        Assert.Equal(2, y);
        Assert.True(release.IsDisposed);
        Assert.False(release.TryAcquire());
    }

    private static async Task<List<(string Release, float Y)>> CallAsync(ServingTable table, CancellationToken stop)
    {
        var answers = new List<(string, float)>();
        while (!stop.IsCancellationRequested)
        {
            var release = table.Current.Endpoints["fraud"].Arms[0].Release;
            if (!release.TryAcquire())
                continue;
            answers.Add((release.Id, await RunAsync(release)));
            release.Release();
        }

        return answers;
    }

    private static async Task<float> RunAsync(LoadedRelease release)
    {
        var call = Loaded.Exchange(release, _one).Call;
        await release.Runner.RunAsync(call, TimeProvider.System.GetTimestamp() + 30 * TimeProvider.System.TimestampFrequency);
        var y = call.Outputs[0].Values<float>()[0];
        release.Model.Return(call);
        return y;
    }
}
