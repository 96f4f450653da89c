using ControlPlane.Demo.Training;

namespace ControlPlane.Demo.Onnx;

/// <summary>The attributes of a TreeEnsembleRegressor (ai.onnx.ml 3): every node of every tree in parallel lists, leaves after the inner nodes.</summary>
internal sealed class TreeAttributes
{
    private readonly List<long> _treeIds = [];
    private readonly List<long> _nodeIds = [];
    private readonly List<long> _featureIds = [];
    private readonly List<float> _values = [];
    private readonly List<string> _modes = [];
    private readonly List<long> _trueIds = [];
    private readonly List<long> _falseIds = [];
    private readonly List<long> _leafTreeIds = [];
    private readonly List<long> _leafNodeIds = [];
    private readonly List<float> _leafWeights = [];

    public static ProtoWriter Node(FraudModel model, string input, string output)
    {
        var attributes = new TreeAttributes();
        for (var tree = 0; tree < model.Trees.Count; tree++)
            attributes.Add(tree, model.Trees[tree]);

        return OnnxNode.Of("TreeEnsembleRegressor", [input], output, domain: "ai.onnx.ml")
            .Message(5, OnnxNode.Attribute("n_targets", 1))
            .Message(5, OnnxNode.Attribute("base_values", [(float)model.Bias]))
            .Message(5, OnnxNode.Attribute("nodes_treeids", attributes._treeIds))
            .Message(5, OnnxNode.Attribute("nodes_nodeids", attributes._nodeIds))
            .Message(5, OnnxNode.Attribute("nodes_featureids", attributes._featureIds))
            .Message(5, OnnxNode.Attribute("nodes_values", attributes._values))
            .Message(5, OnnxNode.Attribute("nodes_modes", attributes._modes))
            .Message(5, OnnxNode.Attribute("nodes_truenodeids", attributes._trueIds))
            .Message(5, OnnxNode.Attribute("nodes_falsenodeids", attributes._falseIds))
            .Message(5, OnnxNode.Attribute("target_treeids", attributes._leafTreeIds))
            .Message(5, OnnxNode.Attribute("target_nodeids", attributes._leafNodeIds))
            .Message(5, OnnxNode.Attribute("target_ids", [.. attributes._leafNodeIds.Select(_ => 0L)]))
            .Message(5, OnnxNode.Attribute("target_weights", attributes._leafWeights));
    }

    private void Add(int tree, FraudTree source)
    {
        var inner = source.Features.Count;
        for (var node = 0; node < inner; node++)
            AddNode(tree, node, source.Features[node], source.Thresholds[node], "BRANCH_LEQ", NodeOf(source.Left[node]), NodeOf(source.Right[node]));

        for (var leaf = 0; leaf < source.Leaves.Count; leaf++)
        {
            AddNode(tree, inner + leaf, 0, 0, "LEAF", 0, 0);
            _leafTreeIds.Add(tree);
            _leafNodeIds.Add(inner + leaf);
            _leafWeights.Add((float)source.Leaves[leaf]);
        }

        long NodeOf(int child) => child >= 0 ? child : inner + ~child;
    }

    private void AddNode(int tree, int node, int feature, float threshold, string mode, long whenTrue, long whenFalse)
    {
        _treeIds.Add(tree);
        _nodeIds.Add(node);
        _featureIds.Add(feature);
        _values.Add(threshold);
        _modes.Add(mode);
        _trueIds.Add(whenTrue);
        _falseIds.Add(whenFalse);
    }
}
