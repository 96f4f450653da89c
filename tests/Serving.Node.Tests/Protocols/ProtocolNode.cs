using System.Text;
using Serving.Contracts.State;
using Serving.Node.Tests.Kit;
using Testing;
using Testing.Models;

namespace Serving.Node.Tests.Protocols;

/// <summary>A node process whose endpoints have one kind of tensor each, for the tables of what each protocol says.</summary>
public sealed class ProtocolNode : IAsyncLifetime
{
    public static readonly (string Name, int Onnx)[] Types =
    [
        ("FP32", 1), ("UINT8", 2), ("INT8", 3), ("UINT16", 4), ("INT16", 5), ("INT32", 6), ("INT64", 7), ("BYTES", 8), ("BOOL", 9),
        ("FP16", 10), ("FP64", 11), ("UINT32", 12), ("UINT64", 13), ("BF16", 16),
    ];

    private StateFolder? _state;
    private NodeProcess? _node;

    public HttpClient Client => _node!.Client;

    /// <summary>Where HTTP/2 without TLS is spoken.</summary>
    public string Http2Url => _node!.Http2Url;

    /// <summary>Physical memory of the node, bytes.</summary>
    public long Memory => _node!.Process.ResidentBytes();

    public async ValueTask InitializeAsync()
    {
        _state = new StateFolder()
            .Serve("wide", TinyModel.Add(1, width: 3))
            .Serve("cached", TinyModel.Add(1, width: 3), cache: new CacheState(MaxBytes: 64 << 10, CheckShare: 0.5))
            .Serve("add", TinyModel.Add(1))
            .Serve("pair", TinyModel.SumAndDifference(), aliases: ["challenger", "champion"])
            .Serve("nan", TinyModel.NotANumber())
            .Serve("small", TinyModel.Add(2), new LimitsState(MaxBodyBytes: 4096, MaxRows: 3))
            .Serve("classes", await File.ReadAllBytesAsync(Path.Combine(Repository.Shared, "models", "good", "rf_iris_sklearn.onnx")));
        foreach (var (name, onnx) in Types)
            _state.Serve("same-" + name.ToLowerInvariant(), TinyModel.Same(onnx, width: 2));
        _node = await NodeProcess.StartAsync(_state.Write());
    }

    public Task<HttpResponseMessage> PostAsync(string path, string body, string type = "application/json") =>
        Client.PostAsync(path, new StringContent(body, Encoding.UTF8, type));

    public async ValueTask DisposeAsync()
    {
        if (_node is not null)
            await _node.DisposeAsync();
        _state!.Dispose();
    }
}
