using StackExchange.Redis;
using Testing;
using Testing.Processes;

namespace Serving.Store.Tests;

public sealed class StoreTests : IAsyncDisposable
{
    private const string OnlyNewer = "if redis.call('GET', KEYS[1]) then return 0 end redis.call('SET', KEYS[1], ARGV[1]) return 1";

    private readonly StoreProcess _store = new();
    private readonly byte[] _value = new byte[1024];

    public StoreTests() => new Random(1).NextBytes(_value);

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task What_was_written_is_there_after_kill_and_restart()
    {
        await using (var before = await _store.StartAsync())
        {
            var keys = Enumerable.Range(0, 5_000).Select(i => KeyValuePair.Create<RedisKey, RedisValue>($"user:u{i}:amount", $"{i * 7}")).ToArray();
            await before.GetDatabase().StringSetAsync(keys);
            await before.GetDatabase().KeyDeleteAsync("user:u1:amount");

            // Writes reach the log within milliseconds of the answer; half a second is the promise.
            await Task.Delay(TimeSpan.FromSeconds(0.5), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        _store.Process.Kill();
        await _store.Process.WaitForExitAsync(TimeSpan.FromSeconds(10));
        await using var after = await _store.StartAsync();

        Assert.Equal("34993", await after.GetDatabase().StringGetAsync("user:u4999:amount"));
        Assert.False(await after.GetDatabase().KeyExistsAsync("user:u1:amount"));
        Assert.All(
            await after.GetDatabase().StringGetAsync([.. Enumerable.Range(2, 4_998).Select(i => (RedisKey)$"user:u{i}:amount")]),
            value => Assert.False(value.IsNull));
    }

    [Fact]
    public async Task Terminate_ends_it_with_zero_and_keeps_everything()
    {
        await using (var before = await _store.StartAsync())
            await before.GetDatabase().StringSetAsync("last", "word");

        _store.Process.SendTerminate();
        var exit = await _store.Process.WaitForExitAsync(TimeSpan.FromSeconds(15));
        await using var after = await _store.StartAsync();

        Assert.Equal(0, exit);
        Assert.Equal("word", await after.GetDatabase().StringGetAsync("last"));
    }

    [Fact]
    public async Task Scripts_run_and_binary_values_stay_whole()
    {
        await using var store = await _store.StartAsync();
        byte[] value = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];

        var first = (int)await store.GetDatabase().ScriptEvaluateAsync(OnlyNewer, ["k"], [value]);
        var second = (int)await store.GetDatabase().ScriptEvaluateAsync(OnlyNewer, ["k"], ["other"]);

        Assert.Equal((1, 0), (first, second));
        Assert.Equal(value, (byte[]?)await store.GetDatabase().StringGetAsync("k"));
    }

    [Fact]
    public async Task Takes_less_than_200_MiB_at_rest_and_stays_bounded_when_data_outgrows_memory()
    {
        await using var store = await _store.StartAsync();
        var atRest = _store.Process.ResidentBytes();

        // Each round is twice the memory the store may hold its records in.
        await FillAsync(store, 0);
        var once = _store.Process.ResidentBytes();
        await FillAsync(store, 200_000);
        await FillAsync(store, 400_000);
        var thrice = _store.Process.ResidentBytes();

        TestContext.Current.SendDiagnosticMessage($"at rest {atRest >> 20} MiB, after 200 MB {once >> 20} MiB, after 600 MB {thrice >> 20} MiB");
        Assert.InRange(atRest, 1, 200L << 20);
        Assert.InRange(thrice, 1, 768L << 20);
        Assert.Equal(_value, (byte[]?)await store.GetDatabase().StringGetAsync("e:0"));
        Assert.Equal(_value, (byte[]?)await store.GetDatabase().StringGetAsync("e:599999"));
    }

    [Fact]
    public async Task Asks_for_the_password_of_the_file()
    {
        await using var right = await _store.StartAsync(withPassword: true);

        Assert.True(await right.GetDatabase().PingAsync() > TimeSpan.Zero);
        await Assert.ThrowsAsync<RedisConnectionException>(() => _store.ConnectAsync("wrong"));
    }

    [Theory]
    [InlineData("--port", "0", "--data", "x")]
    [InlineData("--port", "6379")]
    [InlineData("--port")]
    [InlineData("--bind", "0.0.0.0")]
    public async Task Wrong_arguments_end_it_with_two_and_say_why(params string[] arguments)
    {
        await using var process = ChildProcess.Start(Repository.Program("Serving.Store"), arguments);

        Assert.Equal(2, await process.WaitForExitAsync(TimeSpan.FromSeconds(10)));
        await Eventually.TrueAsync(() => process.Output.Contains("--password-file", StringComparison.Ordinal), TimeSpan.FromSeconds(5), "usage is shown");
    }

    private async Task FillAsync(ConnectionMultiplexer store, int from)
    {
        foreach (var batch in Enumerable.Range(from, 200_000).Chunk(5_000))
            await store.GetDatabase().StringSetAsync([.. batch.Select(i => KeyValuePair.Create<RedisKey, RedisValue>($"e:{i}", _value))]);
    }
}
