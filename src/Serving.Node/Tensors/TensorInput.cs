using System.Text;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Serving.Node.Tensors;

/// <summary>One input tensor of a model.</summary>
/// <param name="Shape">-1 where variable.</param>
internal sealed record TensorInput(string Name, TensorElementType Type, long[] Shape)
{
    public byte[] Utf8Name { get; } = Encoding.UTF8.GetBytes(Name);

    /// <summary>What errors call it.</summary>
    public string Field { get; } = $"inputs.{Name}";

    public string Datatype { get; } = Tensors.Datatype.NameOf(Type);

    public bool HasJsonForm { get; } = Tensors.Datatype.HasJsonForm(Type);

    /// <summary>Elements of one row, when no dimension but the first is variable; else -1.</summary>
    public int RowElements { get; } = Shape.Length == 0 || Array.Exists(Shape[1..], size => size < 0) ? -1 : (int)Math.Min((ulong)ShapeText.Elements(Shape.AsSpan(1)), int.MaxValue);

    public int MostDimensions => Shape.Length == 0 ? ShapeText.MostDimensions : Shape.Length;

    /// <summary>Whether a shape a caller gave fits the model's. A file may leave out even the number of dimensions, which the runtime tells as none: it judges these itself.</summary>
    public bool Takes(ReadOnlySpan<long> given)
    {
        if (Shape.Length == 0)
            return given.Length <= ShapeText.MostDimensions && !given.ContainsAnyInRange(long.MinValue, -1);
        if (given.Length != Shape.Length)
            return false;
        for (var i = 0; i < given.Length; i++)
        {
            if (given[i] < 0 || (Shape[i] >= 0 && Shape[i] != given[i]))
                return false;
        }

        return true;
    }
}
