using Google.Protobuf;
using Google.Protobuf.Collections;
using Serving.Node.Tensors;

namespace Serving.Node.Protocols.Rpc;

/// <summary>Fills tensors from the repeated fields of messages.</summary>
internal static class RepeatedElements
{
    private const int MostRepeated = 1 << 20;

    /// <param name="convert">Checked: a number that does not fit the tensor's type throws.</param>
    /// <param name="mayRepeat">Whether one element stands for all.</param>
    /// <exception cref="BadInputException">There are not as many elements as the shape asks for, or one is out of range.</exception>
    public static void Copy<TFrom, TTo>(RepeatedField<TFrom> from, TensorBuffer into, ReadOnlySpan<long> shape, string field, Func<TFrom, TTo> convert, bool mayRepeat)
        where TTo : unmanaged
    {
        var repeats = Check(from.Count, shape, field, mayRepeat);
        into.Reshape(shape);
        var elements = into.Values<TTo>();
        try
        {
            for (var i = 0; i < elements.Length; i++)
                elements[i] = convert(from[repeats ? 0 : i]);
        }
        catch (OverflowException)
        {
            throw new BadInputException(field, $"{field} holds a number out of the range of {Datatype.NameOf(into.Type)}.");
        }
    }

    public static void CopyTexts(RepeatedField<ByteString> from, TensorBuffer into, ReadOnlySpan<long> shape, string field, bool mayRepeat = false)
    {
        var repeats = Check(from.Count, shape, field, mayRepeat);
        into.Reshape(shape);
        for (var i = 0; i < into.Count; i++)
            BinaryTensor.AddText(from[repeats ? 0 : i].Span, into, i, field);
    }

    /// <returns>Whether the only element stands for all.</returns>
    private static bool Check(int count, ReadOnlySpan<long> shape, string field, bool mayRepeat)
    {
        var elements = ShapeText.Elements(shape);
        if ((UInt128)count == elements)
            return false;
        // One element must not become more memory than a message can bring.
        if (mayRepeat && count == 1 && elements <= MostRepeated)
            return true;
        throw new BadInputException(field, $"{field}: shape {ShapeText.Of(shape)} asks for {elements} elements, got {count}.");
    }
}
