namespace ControlPlane.Demo.Onnx;

/// <summary>NodeProto and AttributeProto; field and type numbers are those of onnx.proto.</summary>
internal static class OnnxNode
{
    private const int TypeInt = 2;
    private const int TypeFloats = 6;
    private const int TypeInts = 7;
    private const int TypeStrings = 8;

    public static ProtoWriter Of(string op, IEnumerable<string> inputs, string output, string domain = "")
    {
        var node = new ProtoWriter();
        foreach (var input in inputs)
            node.Text(1, input);
        node.Text(2, output).Text(3, output).Text(4, op);
        return domain.Length > 0 ? node.Text(7, domain) : node;
    }

    public static ProtoWriter Attribute(string name, long value) => new ProtoWriter().Text(1, name).Varint(3, value).Varint(20, TypeInt);

    public static ProtoWriter Attribute(string name, IReadOnlyList<float> values) => new ProtoWriter().Text(1, name).PackedFloats(7, values).Varint(20, TypeFloats);

    public static ProtoWriter Attribute(string name, IReadOnlyList<long> values) => new ProtoWriter().Text(1, name).PackedVarints(8, values).Varint(20, TypeInts);

    public static ProtoWriter Attribute(string name, IReadOnlyList<string> values)
    {
        var attribute = new ProtoWriter().Text(1, name);
        foreach (var value in values)
            attribute.Text(9, value);
        return attribute.Varint(20, TypeStrings);
    }
}
