using System.Text;
using Serving.Node.Tensors;
using Serving.Node.Tests.Kit;
using Testing.Models;

namespace Serving.Node.Tests.Receive;

public sealed class NativeRequestTests
{
    [Theory]
    [InlineData("""{"inputs":{"x":129.5}}""", 1)]
    [InlineData("""{"inputs":{"x":[129.5]}}""", 1)]
    [InlineData("""{"rows":[{"inputs":{"x":129.5}},{"inputs":{"x":129.5}}]}""", 2)]
    public void A_bare_number_is_a_row_of_one_element(string body, int rows)
    {
        using var release = Loaded.Release(TinyModel.Add(1), "rel-1");

        var input = Loaded.Exchange(release, Encoding.UTF8.GetBytes(body)).Call.Inputs[0];

        Assert.Equal([rows, 1], input.Shape.ToArray());
        Assert.Equal(Enumerable.Repeat(129.5f, rows), input.Values<float>().ToArray());
    }

    [Theory]
    [InlineData("""{"inputs":{"x":129.5}}""")]
    [InlineData("""{"inputs":{"x":[1]}}""")]
    [InlineData("""{"inputs":{"x":[1,2,3]}}""")]
    public void Too_few_or_too_many_elements_are_no_row(string body)
    {
        using var release = Loaded.Release(TinyModel.Add(1, width: 2), "rel-1");

        var refused = Assert.Throws<BadInputException>(() => Loaded.Exchange(release, Encoding.UTF8.GetBytes(body)));

        Assert.Equal("inputs.x", refused.Field);
        Assert.Matches("expected one row of shape \\[2\\]|more than the 2 elements", refused.Message);
    }

    [Fact]
    public void F69_Rows_that_the_text_cannot_hold_are_refused_before_memory_is_taken()
    {
        using var release = Loaded.Release(TinyModel.Add(1, width: 4096), "rel-1");
        var body = "{\"rows\":[" + string.Join(',', Enumerable.Repeat("{\"inputs\":{\"x\":[1]}}", 9_000)) + "]}";

        var refused = Assert.Throws<BadInputException>(() => Loaded.Exchange(release, Encoding.UTF8.GetBytes(body)));

        Assert.Equal("rows[0].inputs.x", refused.Field);
    }
}
