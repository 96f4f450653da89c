using Serving.Contracts.State;
using Serving.Node.Tests.Kit;
using Serving.Node.Versions;
using Testing.Models;

namespace Serving.Node.Tests.Versions;

/// <summary>What is held in memory without traffic, and what there is no room for.</summary>
public sealed class WantedTests
{
    private readonly StateDocument _document;
    private readonly string _routed, _first, _second;

    public WantedTests()
    {
        var plan = new Plan(new FakeBlobs()).With(out _routed, "1", TinyModel.Padded(1, 1_000)).With(out _first, "2", TinyModel.Padded(2, 1_000)).With(out _second, "3", TinyModel.Padded(3, 1_000));
        _document = plan.Serving("e", _routed).Warm(_first, _second, _routed).Next().Seal();
    }

    [Fact]
    public void Files_say_how_large_a_release_is_until_it_was_loaded() =>
        Assert.Equal([_first, _second], Wanted.Of(_document, "default", 10_000, _ => 0).Warm);

    [Fact]
    public void Measured_memory_goes_before_the_size_of_the_files()
    {
        var wanted = Wanted.Of(_document, "default", 10_000, id => id == _first ? 9_000 : 0);

        Assert.Equal([_first], wanted.Warm);
        Assert.Equal([_second], wanted.TooLarge);
    }

    [Fact]
    public void What_is_routed_is_never_left_out_however_large()
    {
        var wanted = Wanted.Of(_document, "default", 10_000, id => id == _routed ? 1 << 30 : 0);

        Assert.Equal([_routed], wanted.Routed);
        Assert.Equal([_first, _second], wanted.Warm);
    }
}
