namespace Testing.Models;

/// <summary>ONNX files of a few hundred bytes whose answers say which of them was asked.</summary>
public static class TinyModel
{
    private const int Float = 1;
    private const int Int64 = 7;

    /// <summary>y = x + <paramref name="constant"/>, x and y FP32[N,<paramref name="width"/>].</summary>
    public static byte[] Add(float constant, int width = 1, long opset = 13) => Model(opset, graph => graph
        .Message(1, Node("Add", ["x", "c"], ["y"]))
        .Text(2, "tiny")
        .Message(5, new ProtoWriter().Varint(1, (ulong)width).Varint(2, Float).Text(8, "c").Bytes(9, Repeat(constant, width)))
        .Message(11, TensorInfo("x", width))
        .Message(12, TensorInfo("y", width)));

    /// <summary>y = x, both of the ONNX element type <paramref name="type"/> and shape [N,<paramref name="width"/>].</summary>
    public static byte[] Same(int type, int width = 1) => Model(14, graph => graph
        .Message(1, Node("Identity", ["x"], ["y"]))
        .Text(2, "tiny")
        .Message(11, TensorInfo("x", width, type))
        .Message(12, TensorInfo("y", width, type)));

    /// <summary>s = a + b and d = a − b, all FP32[N,1].</summary>
    public static byte[] SumAndDifference() => Model(13, graph => graph
        .Message(1, Node("Add", ["a", "b"], ["s"]))
        .Message(1, Node("Sub", ["a", "b"], ["d"]))
        .Text(2, "tiny")
        .Message(11, TensorInfo("a", 1))
        .Message(11, TensorInfo("b", 1))
        .Message(12, TensorInfo("s", 1))
        .Message(12, TensorInfo("d", 1)));

    /// <summary>y = x − the largest x of all rows: a row's answer depends on the rows beside it.</summary>
    public static byte[] MixesRows() => Model(13, graph => graph
        .Message(1, Node("ReduceMax", ["x"], ["m"]))
        .Message(1, Node("Sub", ["x", "m"], ["y"]))
        .Text(2, "tiny")
        .Message(11, TensorInfo("x", 1))
        .Message(12, TensorInfo("y", 1)));

    /// <summary>y = table[x], FP32[N,1] from INT64[N,1]; an index that is not in the table fails the whole run.</summary>
    public static byte[] LookUp(params float[] table) => Model(13, graph => graph
        .Message(1, Node("Gather", ["c", "x"], ["y"]))
        .Text(2, "tiny")
        .Message(5, new ProtoWriter().Varint(1, (ulong)table.Length).Varint(2, Float).Text(8, "c").Bytes(9, [.. table.SelectMany(BitConverter.GetBytes)]))
        .Message(11, TensorInfo("x", 1, Int64))
        .Message(12, TensorInfo("y", 1)));

    /// <summary>
    /// y = 0, FP32[1,1], from INT64[N,1], where x is 0 or 1; any other number, or more than one row, fails inside the model: a constant of one element is to
    /// take the shape [x].
    /// </summary>
    public static byte[] FailsAboveOne() => Model(13, graph => graph
        .Message(1, Node("Reshape", ["x", "flat"], ["s"]))
        .Message(1, Node("Reshape", ["c", "s"], ["t"]))
        .Message(1, Node("Reshape", ["t", "column"], ["y"]))
        .Text(2, "tiny")
        .Message(5, new ProtoWriter().Varint(1, 1).Varint(2, Float).Text(8, "c").Bytes(9, Repeat(0, 1)))
        .Message(5, Whole("flat", -1))
        .Message(5, Whole("column", -1, 1))
        .Message(11, TensorInfo("x", 1, Int64))
        .Message(12, TensorInfo("y", 1)));

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

    /// <summary>y = random numbers in the shape of x, FP32[N,1]: no function of its input.</summary>
    public static byte[] Noise() => Model(13, graph => graph
        .Message(1, Node("RandomNormalLike", ["x"], ["y"]))
        .Text(2, "tiny")
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

    /// <summary>y = x + c, where each of the tensors says that it lies outside the file: at a location, from an offset, for a length. All are of one float.</summary>
    public static byte[] Outside(params (string Location, string? Offset, string? Length)[] tensors) => Model(13, graph =>
    {
        graph.Message(1, Node("Add", ["x", "c0"], ["y"])).Text(2, "tiny");
        foreach (var (tensor, at) in tensors.Select((tensor, at) => (tensor, at)))
        {
            var initializer = new ProtoWriter().Varint(1, 1).Varint(2, Float).Text(8, $"c{at}");
            foreach (var (key, value) in new[] { ("location", tensor.Location), ("offset", tensor.Offset), ("length", tensor.Length) })
            {
                if (value is not null)
                    initializer.Message(13, new ProtoWriter().Text(1, key).Text(2, value));
            }

            graph.Message(5, initializer.Varint(14, 1));
        }

        return graph.Message(11, TensorInfo("x", 1)).Message(12, TensorInfo("y", 1));
    });

    /// <summary>As <see cref="Add"/>, with an entry in its metadata.</summary>
    public static byte[] WithMetadata(float constant, string key, string value) => [.. Add(constant), .. new ProtoWriter().Message(14, new ProtoWriter().Text(1, key).Text(2, value)).ToArray()];

    /// <summary>As <see cref="Add"/>, whose operator is of another domain, which the file imports.</summary>
    public static byte[] OfDomain(string domain, string op = "Add") => [.. new ProtoWriter()
        .Varint(1, 8).Text(2, "tiny-model")
        .Message(7, new ProtoWriter()
            .Message(1, Node(op, ["x"], ["y"]).Text(7, domain)).Text(2, "tiny").Message(11, TensorInfo("x", 1)).Message(12, TensorInfo("y", 1)))
        .Message(8, new ProtoWriter().Text(1, "").Varint(2, 13))
        .Message(8, new ProtoWriter().Text(1, domain).Varint(2, 1))
        .ToArray()];

    /// <summary>y = x + 1, both FP32 without a dimension.</summary>
    public static byte[] Scalar() => Model(13, graph => graph
        .Message(1, Node("Add", ["x", "c"], ["y"]))
        .Text(2, "tiny")
        .Message(5, new ProtoWriter().Varint(2, Float).Text(8, "c").Bytes(9, Repeat(1, 1)))
        .Message(11, Info("x", Float, []))
        .Message(12, Info("y", Float, [])));

    /// <summary>y = x + 1, both FP32[<paramref name="rows"/>,2]: no other number of rows is taken.</summary>
    public static byte[] FixedBatch(int rows) => Model(13, graph => graph
        .Message(1, Node("Add", ["x", "c"], ["y"]))
        .Text(2, "tiny")
        .Message(5, new ProtoWriter().Varint(1, 2).Varint(2, Float).Text(8, "c").Bytes(9, Repeat(1, 2)))
        .Message(11, Info("x", Float, [rows, 2]))
        .Message(12, Info("y", Float, [rows, 2])));

    /// <summary>As <see cref="Add"/>, with names of its own for the input and the output.</summary>
    public static byte[] Named(string input, string output) => Model(13, graph => graph
        .Message(1, Node("Add", [input, "the constant"], [output]))
        .Text(2, "tiny")
        .Message(5, new ProtoWriter().Varint(1, 1).Varint(2, Float).Text(8, "the constant").Bytes(9, Repeat(1, 1)))
        .Message(11, TensorInfo(input, 1))
        .Message(12, TensorInfo(output, 1)));

    /// <summary>y = the sum of x0, x1, … , all FP32[N,1].</summary>
    public static byte[] Sum(int inputs) => Model(13, graph =>
    {
        string[] names = [.. Enumerable.Range(0, inputs).Select(i => $"x{i}")];
        graph.Message(1, Node("Sum", names, ["y"])).Text(2, "tiny");
        foreach (var name in names)
            graph.Message(11, TensorInfo(name, 1));
        return graph.Message(12, TensorInfo("y", 1));
    });

    /// <summary>y = x + c, where c is an input with the default <paramref name="constant"/>.</summary>
    public static byte[] WithDefault(float constant) => Model(13, graph => graph
        .Message(1, Node("Add", ["x", "c"], ["y"]))
        .Text(2, "tiny")
        .Message(5, new ProtoWriter().Varint(1, 1).Varint(2, Float).Text(8, "c").Bytes(9, Repeat(constant, 1)))
        .Message(11, TensorInfo("x", 1))
        .Message(11, Info("c", Float, [1]))
        .Message(12, TensorInfo("y", 1)));

    /// <summary>y = [x], a sequence of tensors.</summary>
    public static byte[] SequenceOutput() => Model(13, graph => graph
        .Message(1, Node("SequenceConstruct", ["x"], ["y"]))
        .Text(2, "tiny")
        .Message(11, TensorInfo("x", 1))
        .Message(12, new ProtoWriter().Text(1, "y").Message(2, new ProtoWriter().Message(4, new ProtoWriter().Message(1, TensorType(Float, [null, 1]))))));

    /// <summary>y = x as an optional tensor.</summary>
    public static byte[] OptionalOutput() => Model(15, graph => graph
        .Message(1, Node("Optional", ["x"], ["y"]))
        .Text(2, "tiny")
        .Message(11, TensorInfo("x", 1))
        .Message(12, new ProtoWriter().Text(1, "y").Message(2, new ProtoWriter().Message(9, new ProtoWriter().Message(1, TensorType(Float, [null, 1]))))));

    /// <summary>y = whether the optional tensor x is there.</summary>
    public static byte[] OptionalInput() => Model(15, graph => graph
        .Message(1, Node("OptionalHasElement", ["x"], ["y"]))
        .Text(2, "tiny")
        .Message(11, new ProtoWriter().Text(1, "x").Message(2, new ProtoWriter().Message(9, new ProtoWriter().Message(1, TensorType(Float, [null, 1])))))
        .Message(12, Info("y", 9, [])));

    /// <summary>y = x + x, both FP32 of any number of dimensions: the file says nothing of their shape.</summary>
    public static byte[] AnyRank() => Model(13, graph => graph
        .Message(1, Node("Add", ["x", "x"], ["y"]))
        .Text(2, "tiny")
        .Message(11, new ProtoWriter().Text(1, "x").Message(2, new ProtoWriter().Message(1, new ProtoWriter().Varint(1, Float))))
        .Message(12, new ProtoWriter().Text(1, "y").Message(2, new ProtoWriter().Message(1, new ProtoWriter().Varint(1, Float)))));

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

    private static ProtoWriter Whole(string name, params long[] values) =>
        new ProtoWriter().Varint(1, (ulong)values.Length).Varint(2, Int64).Text(8, name).Bytes(9, [.. values.SelectMany(BitConverter.GetBytes)]);

    private static ProtoWriter TensorInfo(string name, int width, int type = Float) => Info(name, type, [null, width]);

    /// <param name="shape">Null where variable.</param>
    private static ProtoWriter Info(string name, int type, int?[] shape) => new ProtoWriter().Text(1, name).Message(2, TensorType(type, shape));

    private static ProtoWriter TensorType(int type, int?[] shape)
    {
        var sizes = new ProtoWriter();
        foreach (var size in shape)
            sizes.Message(1, size is { } known ? new ProtoWriter().Varint(1, (ulong)known) : new ProtoWriter().Text(2, "N"));
        return new ProtoWriter().Message(1, new ProtoWriter().Varint(1, (ulong)type).Message(2, sizes));
    }

    private static byte[] Repeat(float value, int times) => [.. Enumerable.Range(0, times).SelectMany(_ => BitConverter.GetBytes(value))];
}
