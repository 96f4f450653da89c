using System.Diagnostics;

namespace Testing;

/// <summary>Waits for what is to come true, and fails with what was seen last.</summary>
public static class Eventually
{
    private static readonly TimeSpan _step = TimeSpan.FromMilliseconds(50);

    /// <exception cref="TimeoutException">It did not come true in time.</exception>
    public static async Task<T> GetAsync<T>(Func<Task<T>> look, Func<T, bool> isRight, TimeSpan longest, string what)
    {
        var watch = Stopwatch.StartNew();
        object? last = null;
        while (watch.Elapsed < longest)
        {
            try
            {
                var seen = await look();
                if (isRight(seen))
                    return seen;
                last = seen;
            }
            catch (Exception notYet) when (notYet is HttpRequestException or IOException or OperationCanceledException or System.Text.Json.JsonException or KeyNotFoundException)
            {
                last = notYet.Message;
            }

            await Task.Delay(_step, TimeProvider.System);
        }

        throw new TimeoutException($"{what}: not within {longest}. Last seen: {last}");
    }

    public static Task TrueAsync(Func<bool> claim, TimeSpan longest, string what) =>
        GetAsync(() => Task.FromResult(claim()), isTrue => isTrue, longest, what);

    public static Task TrueAsync(Func<Task<bool>> claim, TimeSpan longest, string what) =>
        GetAsync(claim, isTrue => isTrue, longest, what);
}
