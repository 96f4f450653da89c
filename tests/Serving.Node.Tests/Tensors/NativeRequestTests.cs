using Microsoft.ML.OnnxRuntime.Tensors;
using Serving.Node.Tensors;

namespace Serving.Node.Tests.Tensors;

public sealed class NativeRequestTests
{
    [Theory]
    [InlineData("""{"inputs":{"amount":129.5}}""", 1)]
    [InlineData("""{"inputs":{"amount":[129.5]}}""", 1)]
    [InlineData("""{"rows":[{"inputs":{"amount":129.5}},{"inputs":{"amount":129.5}}]}""", 2)]
    public void A_bare_number_is_a_row_of_one_element(string body, int rows)
    {
        using var request = NativeRequest.Read(System.Text.Encoding.UTF8.GetBytes(body), [Input(-1, 1)], maxRows: 10);

        Assert.Equal([rows, 1], request.Inputs.Values[0]!.GetTensorTypeAndShape().Shape);
        Assert.Equal(Enumerable.Repeat(129.5f, rows), request.Inputs.Values[0]!.GetTensorDataAsSpan<float>().ToArray());
    }

    [Fact]
    public void A_bare_number_is_no_row_of_two_elements()
    {
        var refused = Assert.Throws<BadInputException>(() => NativeRequest.Read("""{"inputs":{"amount":129.5}}"""u8, [Input(-1, 2)], maxRows: 10));

        Assert.Contains("expected one row of shape [2]", refused.Message, StringComparison.Ordinal);
    }

    private static TensorInput Input(params long[] shape) => new("amount", "amount"u8.ToArray(), TensorElementType.Float, shape);
}
