using ControlPlane.Demo.Training;
using ControlPlane.Demo.Transactions;

namespace ControlPlane.Demo.Onnx;

/// <summary>
/// The model as an ONNX file (opset 13, ai.onnx.ml 3): one input FP32[N,1] a feature; outputs <c>label</c> INT64[N] and <c>probabilities</c> FP32[N,2] (genuine, fraud).
/// </summary>
internal static class FraudOnnx
{
    private const int Float = 1;
    private const int Int64 = 7;

    private const string Count = "txn_count_24h";

    /// <param name="countTable">See <see cref="FraudRecipe.CountTable"/>.</param>
    public static byte[] Write(FraudModel model, int version, IReadOnlyList<float>? countTable = null)
    {
        var graph = new ProtoWriter()
            .Message(1, OnnxNode.Of("Concat", CardTransaction.FeatureNames, "features").Message(5, OnnxNode.Attribute("axis", 1)))
            .Message(1, TreeAttributes.Node(model, "features", "score"))
            .Message(1, OnnxNode.Of("Mul", ["score", "slope"], "scaled"))
            .Message(1, OnnxNode.Of("Add", ["scaled", "offset"], countTable is null ? "genuine_score" : "before_count"))
            .Message(1, OnnxNode.Of("Sigmoid", ["genuine_score"], "genuine"))
            .Message(1, OnnxNode.Of("Neg", ["genuine_score"], "fraud_score"))
            .Message(1, OnnxNode.Of("Sigmoid", ["fraud_score"], "fraud"))
            .Message(1, OnnxNode.Of("Concat", ["genuine", "fraud"], "probabilities").Message(5, OnnxNode.Attribute("axis", 1)))
            .Message(1, OnnxNode.Of("ArgMax", ["probabilities"], "label").Message(5, OnnxNode.Attribute("axis", 1)).Message(5, OnnxNode.Attribute("keepdims", 0)))
            .Text(2, "fraud")
            .Message(5, Constant("slope", (float)model.Slope))
            .Message(5, Constant("offset", (float)model.Offset));
        if (countTable is not null)
        {
            graph.Message(1, OnnxNode.Of("Cast", [Count], "count").Message(5, OnnxNode.Attribute("to", Int64)))
                .Message(1, OnnxNode.Of("Gather", ["count_table", "count"], "correction"))
                .Message(1, OnnxNode.Of("Sub", ["before_count", "correction"], "genuine_score"))
                .Message(5, new ProtoWriter().Varint(1, countTable.Count).Varint(2, Float).PackedFloats(4, countTable).Text(8, "count_table"));
        }

        foreach (var feature in CardTransaction.FeatureNames)
            graph.Message(11, Tensor(feature, Float, 1));
        graph.Message(12, Tensor("label", Int64)).Message(12, Tensor("probabilities", Float, 2));

        return new ProtoWriter()
            .Varint(1, 8)
            .Text(2, "control-plane-demo")
            .Varint(5, version)
            .Message(7, graph)
            .Message(8, new ProtoWriter().Text(1, "").Varint(2, 13))
            .Message(8, new ProtoWriter().Text(1, "ai.onnx.ml").Varint(2, 3))
            .ToArray();
    }

    private static ProtoWriter Constant(string name, float value) =>
        new ProtoWriter().Varint(1, 1).Varint(2, Float).PackedFloats(4, [value]).Text(8, name);

    private static ProtoWriter Tensor(string name, int type, params long[] columns)
    {
        var shape = new ProtoWriter().Message(1, new ProtoWriter().Text(2, "N"));
        foreach (var size in columns)
            shape.Message(1, new ProtoWriter().Varint(1, size));
        return new ProtoWriter().Text(1, name).Message(2, new ProtoWriter().Message(1, new ProtoWriter().Varint(1, type).Message(2, shape)));
    }
}
