using Serving.Contracts.Models;
using Serving.Node.Versions;

namespace Serving.Node.Tests.Versions;

public sealed class ProbeProofTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("proof-").FullName;

    [Fact]
    public async Task What_was_measured_is_read_back_also_that_a_model_is_never_batched()
    {
        var (measured, single, unmeasured) = (Proof("a"), Proof("b"), Proof("c"));
        await measured.WriteAsync([new BatchCost(1, 2_400.5), new BatchCost(2, 3_000)], TestContext.Current.CancellationToken);
        await single.WriteAsync([], TestContext.Current.CancellationToken);
        await unmeasured.WriteAsync(null, TestContext.Current.CancellationToken);

        Assert.Equal([new BatchCost(1, 2_400.5), new BatchCost(2, 3_000)], (await measured.ReadAsync(TestContext.Current.CancellationToken))!);
        Assert.Empty((await single.ReadAsync(TestContext.Current.CancellationToken))!);
        Assert.Null(await unmeasured.ReadAsync(TestContext.Current.CancellationToken));
        Assert.True(unmeasured.Exists);
        Assert.False(Proof("d").Exists);
    }

    [Theory]
    [InlineData("of an earlier version", ""), InlineData("cut", "[{\"rows\":1,\"nano")]
    [InlineData("not ascending", """[{"rows":2,"nanoseconds":5},{"rows":1,"nanoseconds":5}]"""), InlineData("nothing can take no time", """[{"rows":1,"nanoseconds":0}]"""), InlineData("not a point", "[null]")]
    public async Task What_cannot_be_read_is_measured_again(string why, string content)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "a"), content, TestContext.Current.CancellationToken);

        Assert.True(await Proof("a").ReadAsync(TestContext.Current.CancellationToken) is null, why);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private ProbeProof Proof(string name) => new(Path.Combine(_folder, name));
}
