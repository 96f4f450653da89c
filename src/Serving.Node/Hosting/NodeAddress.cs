namespace Serving.Node.Hosting;

internal static class NodeAddress
{
    public static string AgentVersion { get; } = typeof(NodeAddress).Assembly.GetName().Version!.ToString(3);

    /// <summary>How others reach this node over HTTP/1.1.</summary>
    public static string Of(NodeOptions options) => options.Address.Length > 0 ? options.Address : Reachable(options.Url);

    public static string? Http2Of(NodeOptions options)
    {
        if (options.Http2Url.Length == 0)
            return null;
        var bound = new Uri(Reachable(options.Http2Url));
        return options.Address.Length > 0 ? $"http://{new Uri(options.Address).Host}:{bound.Port}" : bound.ToString().TrimEnd('/');
    }

    public static bool IsLoopback(string url) => new Uri(Reachable(url)).IsLoopback;

    private static string Reachable(string url) =>
        url.Replace("://*", $"://{Environment.MachineName}", StringComparison.Ordinal)
            .Replace("://+", $"://{Environment.MachineName}", StringComparison.Ordinal)
            .Replace("://0.0.0.0", $"://{Environment.MachineName}", StringComparison.Ordinal)
            .Replace("://[::]", $"://{Environment.MachineName}", StringComparison.Ordinal);
}
