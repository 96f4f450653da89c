namespace Serving.Node.Tensors;

/// <summary>Shapes as messages show them, and how many elements they hold.</summary>
internal static class ShapeText
{
    /// <summary>Dimensions of a tensor that callers may give.</summary>
    public const int MostDimensions = 32;

    /// <summary><c>[N,4]</c>: N where variable.</summary>
    public static string Of(ReadOnlySpan<long> shape)
    {
        var text = new System.Text.StringBuilder("[");
        for (var i = 0; i < shape.Length; i++)
        {
            if (i > 0)
                text.Append(',');
            if (shape[i] < 0)
                text.Append('N');
            else
                text.Append(shape[i]);
        }

        return text.Append(']').ToString();
    }

    /// <summary>Product of the sizes, held at the largest value instead of overflowing.</summary>
    public static UInt128 Elements(ReadOnlySpan<long> shape)
    {
        UInt128 product = 1;
        foreach (var size in shape)
        {
            if (size != 0 && product > UInt128.MaxValue / (UInt128)size)
                return UInt128.MaxValue;
            product *= (UInt128)size;
        }

        return product;
    }
}
