using System.Net;
using System.Net.Sockets;
using ControlPlane.Web.Hosting;

namespace ControlPlane.Web.Features.Nodes;

/// <summary>Which processes the options ask for.</summary>
internal static class LocalPlan
{
    private const int NextNode = 20;
    private const int OtherEnvironment = 10;

    /// <param name="controlPlane">Address of this control plane as they reach it.</param>
    public static IReadOnlyList<LocalProcess> Of(LocalOptions options, DataOptions data, string controlPlane)
    {
        var processes = new List<LocalProcess>();
        if (options.Store)
            processes.Add(Store(options, data));
        processes.AddRange(Nodes(options, data, controlPlane));
        if (options.Gateway)
            processes.Add(Gateway(options, data, controlPlane));
        return processes;
    }

    private static LocalProcess Store(LocalOptions options, DataOptions data)
    {
        var port = options.StorePort > 0 ? options.StorePort : KeptPort(data.Path("run", "store.port"));
        return new LocalProcess("store", options.StoreProgram ?? Programs.Find("Serving.Store"), ["--port", $"{port}", "--data", data.Path("store")], new Dictionary<string, string>(), port, null);
    }

    private static IEnumerable<LocalProcess> Nodes(LocalOptions options, DataOptions data, string controlPlane)
    {
        foreach (var entry in options.Nodes.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            var (place, count) = (entry.Split('=')[0].Split('/'), int.Parse(entry.Split('=')[1]));
            for (var i = 0; i < count; i++)
            {
                var port = options.NodePort + NextNode * i + (place[0] == "production" ? 0 : OtherEnvironment);
                yield return Node(options, data, controlPlane, place[0], place[1], i + 1, port);
            }
        }
    }

    private static LocalProcess Node(LocalOptions options, DataOptions data, string controlPlane, string environment, string pool, int number, int port)
    {
        var name = pool == "default" ? $"{environment}-{number}" : $"{environment}-{pool}-{number}";
        return new LocalProcess(
            $"node-{name}", options.NodeProgram ?? Programs.Find("Serving.Node"), [],
            new Dictionary<string, string>
            {
                ["Node__Name"] = name,
                ["Node__ControlPlaneUrl"] = controlPlane,
                ["Node__Environment"] = environment,
                ["Node__CacheDirectory"] = data.Path("nodes", name),
                ["Node__Url"] = $"http://127.0.0.1:{port}",
                ["Node__Http2Url"] = $"http://127.0.0.1:{port + 1}",
                ["Node__ManagementUrl"] = $"http://127.0.0.1:{port + 2}",
            },
            port, $"http://127.0.0.1:{port}/healthz/ready", "Node__JoinToken", environment, pool);
    }

    private static LocalProcess Gateway(LocalOptions options, DataOptions data, string controlPlane) => new(
        "gateway-production", options.GatewayProgram ?? Programs.Find("Serving.Gateway"), [],
        new Dictionary<string, string>
        {
            ["Gateway__Name"] = "production-gateway",
            ["Gateway__ControlPlaneUrl"] = controlPlane,
            ["Gateway__Environment"] = "production",
            ["Gateway__CacheDirectory"] = data.Path("nodes", "production-gateway"),
            ["Gateway__Url"] = $"http://127.0.0.1:{options.GatewayPort}",
            ["Gateway__Http2Url"] = $"http://127.0.0.1:{options.GatewayPort + 1}",
            ["Gateway__ManagementUrl"] = $"http://127.0.0.1:{options.GatewayPort + 2}",
        },
        options.GatewayPort, $"http://127.0.0.1:{options.GatewayPort}/healthz/live", "Gateway__JoinToken", "production", "default");

    /// <summary>A store that outlives this process must be found again where it was.</summary>
    private static int KeptPort(string file)
    {
        if (File.Exists(file) && int.TryParse(File.ReadAllText(file), out var kept))
            return kept;

        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, $"{port}");
        return port;
    }
}
