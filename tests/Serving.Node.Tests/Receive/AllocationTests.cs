using System.Text;
using Serving.Node.Log;
using Serving.Node.Protocols.Native;
using Serving.Node.Protocols.OpenInference;
using Serving.Node.Receive;
using Serving.Node.Respond;
using Serving.Node.Tests.Kit;
using Testing.Models;

namespace Serving.Node.Tests.Receive;

/// <summary>From the body to the answer and its log record nothing is allocated, however many rows a request has.</summary>
public sealed class AllocationTests
{
    private static readonly byte[] _thousand = Encoding.UTF8.GetBytes("{\"rows\":[" + string.Join(',', Enumerable.Range(0, 1_000).Select(i => $"{{\"inputs\":{{\"x\":[{i},{i}.5,-{i}e-3]}}}}")) + "]}");
    private static readonly byte[] _native = """{"inputs":{"x":[1,2.5,-3e-3]}}"""u8.ToArray();
    private static readonly byte[] _oip = """{"inputs":[{"name":"x","datatype":"FP32","shape":[1,3],"data":[1,2.5,-3e-3]}]}"""u8.ToArray();

    [Fact]
    public void A_native_request_allocates_nothing() => Assert.Equal(0, AllocatedBy<NativeExchange>(_native, "\"predictions\":[{\"y\":[2,3.5,0.997]}]}"));

    [Fact]
    public void An_open_inference_request_allocates_nothing() => Assert.Equal(0, AllocatedBy<OipExchange>(_oip, "\"data\":[2,3.5,0.997]}]}"));

    [Fact]
    public void A_thousand_rows_allocate_nothing() => Assert.Equal(0, AllocatedBy<NativeExchange>(_thousand, "{\"y\":[1000,1000.5,0.0009999871]}]}"));

    private static long AllocatedBy<T>(byte[] body, string end)
        where T : Exchange, new()
    {
        using var release = Loaded.Release(TinyModel.Add(1, width: 3), "rel-1");
        var log = new PredictionLog(TimeProvider.System);
        var pool = new ExchangePool<T>();
        var endpoint = Loaded.Endpoint(new() { Name = "fraud" }, Loaded.Arm(release));
        var buffer = ResponseBuffer.Rent();
        Answer(3);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Answer(100);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Answer(1);
        Assert.EndsWith(end, Encoding.UTF8.GetString(buffer.Written.Span));
        return allocated;

        void Answer(int times)
        {
            Span<double> watched = stackalloc double[1_000];
            for (var i = 0; i < times; i++)
            {
                buffer.Clear();
                var exchange = pool.Rent();
                exchange.RequestId = "r-1";
                exchange.Began = TimeProvider.System.GetTimestamp();
                exchange.Endpoint = endpoint;
                exchange.Arm = endpoint.Arms[0];
                exchange.Body = body;
                exchange.Call = release.Model.Rent();
                exchange.Read();
                exchange.Rows = exchange.Call.Rows;
                Assert.True(release.Runner.RunAsync(exchange.Call, long.MaxValue).IsCompletedSuccessfully);
                exchange.Write(buffer);
                log.Answered(exchange, watched[..exchange.Rows], watched[..exchange.Rows]);
                release.Model.Return(exchange.Call);
                pool.Return(exchange);
                var visited = 0;
                while (log.TryTake(ref visited, out var chunk))
                    log.GiveBack(chunk);
            }
        }
    }
}
