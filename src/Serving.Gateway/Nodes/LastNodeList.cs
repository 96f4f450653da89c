using System.Text.Json;
using Serving.Contracts;
using Serving.Contracts.Joining;
using Serving.Gateway.Hosting;

namespace Serving.Gateway.Nodes;

/// <summary>The last good node list on disk: what a gateway that starts while the control plane is away works from.</summary>
internal sealed class LastNodeList(GatewayOptions options)
{
    private readonly string _path = Path.Combine(Path.GetFullPath(options.CacheDirectory), "nodes.json");

    /// <returns>Null: there is none, it is damaged, or it is another environment's.</returns>
    public PeerList? Read()
    {
        if (!File.Exists(_path))
            return null;
        try
        {
            var list = JsonSerializer.Deserialize(File.ReadAllBytes(_path), ContractsJson.Default.PeerList);
            return list?.Environment == options.Environment ? list : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public void Write(PeerList list) => DurableFile.Write(_path, JsonSerializer.SerializeToUtf8Bytes(list, ContractsJson.Default.PeerList));
}
