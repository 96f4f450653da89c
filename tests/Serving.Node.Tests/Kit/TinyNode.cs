using System.Text;
using Serving.Contracts.State;
using Testing.Models;

namespace Serving.Node.Tests.Kit;

/// <summary>A node process that serves tiny models: <c>add</c> (y = x + 1, rows of one), <c>wide</c> (y = x + 1, rows of three) and <c>small</c>, whose limits are low.</summary>
public sealed class TinyNode : IAsyncLifetime
{
    private StateFolder? _state;
    private NodeProcess? _node;

    public HttpClient Client => _node!.Client;

    internal NodeProcess Process => _node!;

    public async ValueTask InitializeAsync()
    {
        _state = new StateFolder()
            .Serve("add", TinyModel.Add(1))
            .Serve("wide", TinyModel.Add(1, width: 3))
            .Serve("small", TinyModel.Add(2), new LimitsState(MaxBodyBytes: 4096, MaxRows: 3))
            .Write();
        _node = await NodeProcess.StartAsync(_state);
    }

    public Task<HttpResponseMessage> PostAsync(string path, string body) => Client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));

    public async ValueTask DisposeAsync()
    {
        if (_node is not null)
            await _node.DisposeAsync();
        _state!.Dispose();
    }
}
