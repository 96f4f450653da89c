using Microsoft.ML.OnnxRuntime;
using Serving.Node.Predict;

namespace Serving.Node.Cache;

/// <summary>
/// The correctness meter: runs the inputs of answers that came from a cache again, one at a time, and compares. An answer that comes out otherwise
/// is counted and not given any more.
/// </summary>
internal sealed class CacheChecker(CacheChecks checks, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan _atMost = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var check in checks.TakeAllAsync(stoppingToken))
            await RunAsync(check);
    }

    public async Task RunAsync(CacheCheck check)
    {
        var (release, answer, from) = check;
        if (!release.TryAcquire())
            return;
        var call = release.Model.Rent();
        var kept = release.Model.Rent();
        try
        {
            TensorBytes.Read(answer.Inputs, call.AllInputs);
            await release.Runner.RunAsync(call, time.GetTimestamp() + (long)(_atMost.TotalSeconds * time.TimestampFrequency));
            answer.CopyTo(kept.Outputs);
            var agree = Agreement.Of(kept.Outputs, call.Outputs);
            from.Counts.Compared(agree);
            if (!agree)
                from.Store.Remove(answer);
        }
        catch (Exception failed) when (failed is OnnxRuntimeException or DeadlineException or OverloadException or NotSupportedException or OutOfMemoryException)
        {
            // A node that is short of time or memory has better things to do than to prove itself.
            from.Counts.LeftOut();
        }
        finally
        {
            release.Model.Return(call);
            release.Model.Return(kept);
            release.Release();
        }
    }
}
