namespace Testing.Models;

/// <summary>ONNX files of a few hundred bytes whose answers say which of them was asked.</summary>
public static class TinyModel
{
    private const int Float = 1;

    /// <summary>y = x + <paramref name="constant"/>, x and y FP32[N,<paramref name="width"/>].</summary>
    public static byte[] Add(float constant, int width = 1, long opset = 13) => Model(opset, graph => graph
        .Message(1, Node("Add", ["x", "c"], ["y"]))
        .Text(2, "tiny")
        .Message(5, new ProtoWriter().Varint(1, (ulong)width).Varint(2, Float).Text(8, "c").Bytes(9, Repeat(constant, width)))
        .Message(11, TensorInfo("x", width))
        .Message(12, TensorInfo("y", width)));

    /// <summary>A model that asks for an operator no runtime has: it is read, but does not load.</summary>
    public static byte[] UnknownOperator() => Model(13, graph => graph
        .Message(1, Node("NoSuchOperator", ["x"], ["y"]))
        .Text(2, "tiny")
        .Message(11, TensorInfo("x", 1))
        .Message(12, TensorInfo("y", 1)));

    /// <summary>y = log(x − 1 − |x|): not a number for any finite x.</summary>
    public static byte[] NotANumber() => Model(13, graph => graph
        .Message(1, Node("Abs", ["x"], ["a"]))
        .Message(1, Node("Sub", ["x", "a"], ["s"]))
        .Message(1, Node("Sub", ["s", "c"], ["n"]))
        .Message(1, Node("Log", ["n"], ["y"]))
        .Text(2, "tiny")
        .Message(5, new ProtoWriter().Varint(1, 1).Varint(2, Float).Text(8, "c").Bytes(9, Repeat(1, 1)))
        .Message(11, TensorInfo("x", 1))
        .Message(12, TensorInfo("y", 1)));

    /// <summary>As <see cref="Add"/>, with an initializer of <paramref name="bytes"/> beside it, so that the file has about that size.</summary>
    public static byte[] Padded(float constant, int bytes) => Model(13, graph => graph
        .Message(1, Node("Add", ["x", "c"], ["y"]))
        .Text(2, "tiny")
        .Message(5, new ProtoWriter().Varint(1, 1).Varint(2, Float).Text(8, "c").Bytes(9, Repeat(constant, 1)))
        .Message(5, new ProtoWriter().Varint(1, (ulong)(bytes / 4)).Varint(2, Float).Text(8, "padding").Bytes(9, new byte[bytes / 4 * 4]))
        .Message(11, TensorInfo("x", 1))
        .Message(12, TensorInfo("y", 1)));

    private static byte[] Model(long opset, Func<ProtoWriter, ProtoWriter> graph) => new ProtoWriter()
        .Varint(1, 8)
        .Text(2, "tiny-model")
        .Message(7, graph(new ProtoWriter()))
        .Message(8, new ProtoWriter().Text(1, "").Varint(2, (ulong)opset))
        .ToArray();

    private static ProtoWriter Node(string op, string[] inputs, string[] outputs)
    {
        var node = new ProtoWriter();
        foreach (var input in inputs)
            node.Text(1, input);
        foreach (var output in outputs)
            node.Text(2, output);
        return node.Text(3, $"{op}_{outputs[0]}").Text(4, op);
    }

    private static ProtoWriter TensorInfo(string name, int width)
    {
        var shape = new ProtoWriter()
            .Message(1, new ProtoWriter().Text(2, "N"))
            .Message(1, new ProtoWriter().Varint(1, (ulong)width));
        return new ProtoWriter().Text(1, name).Message(2, new ProtoWriter().Message(1, new ProtoWriter().Varint(1, Float).Message(2, shape)));
    }

    private static byte[] Repeat(float value, int times) => [.. Enumerable.Range(0, times).SelectMany(_ => BitConverter.GetBytes(value))];
}
