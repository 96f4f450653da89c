namespace Serving.Node.Hosting;

/// <summary>Where this node keeps its files.</summary>
internal sealed class NodePaths
{
    public NodePaths(NodeOptions options)
    {
        NodeName = options.Name;
        Root = Path.GetFullPath(options.CacheDirectory);
        Directory.CreateDirectory(Root);
    }

    public string NodeName { get; }

    public string Root { get; }

    public string Credential => Path.Combine(Root, "credential.json");

    public string Artifacts => Path.Combine(Root, "artifacts");

    public string Ledger => Path.Combine(Root, "ledger.json");

    public string Probed => Path.Combine(Root, "probed");

    /// <summary>Sockets of worker processes.</summary>
    public string Workers => Path.Combine(Root, "workers");

    public string Spool => Path.Combine(Root, "spool");

    public string Outbox => Path.Combine(Root, "outbox");

    /// <summary>One of the two generations of the applied state.</summary>
    public string State(int generation) => Path.Combine(Root, $"state.{generation}.json");
}
