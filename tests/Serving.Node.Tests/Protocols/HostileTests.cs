using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Serving.Contracts.State;
using Serving.Node.Protocols.OpenInference.Wire;
using Serving.Node.Protocols.TensorFlow.Wire;
using Serving.Node.Tests.Kit;
using Testing;
using Testing.Models;
using TensorProto = Serving.Node.Protocols.TensorFlow.Wire.TensorProto;

namespace Serving.Node.Tests.Protocols;

/// <summary>A node process of its own for the hostile: <c>wide</c> has the usual limits, <c>roomy</c> takes bodies of 256 MiB.</summary>
public sealed class HostileNode : IAsyncLifetime
{
    /// <summary>Bodies of 256 MiB are more than a small node has room for many of; this is what one of them at a time needs.</summary>
    public const long MemoryLimit = 2L << 30;

    /// <summary>Of the models that never end or never fit, milliseconds.</summary>
    public const int Deadline = 2_000;

    private StateFolder? _state;
    private NodeProcess? _node;

    public HttpClient Client => _node!.Client;

    public string Http2Url => _node!.Http2Url;

    public long Memory => _node!.Process.ResidentBytes();

    public async ValueTask InitializeAsync()
    {
        _state = new StateFolder()
            .Serve("wide", TinyModel.Add(1, width: 3), cache: new CacheState())
            .Serve("roomy", TinyModel.Add(1, width: 3), new LimitsState(MaxBodyBytes: 256 << 20))
            .Serve("endless", await File.ReadAllBytesAsync(Path.Combine(Repository.Shared, "models", "odd", "infinite_loop.onnx")), new LimitsState(DeadlineMs: Deadline))
            .Serve("bomb", await File.ReadAllBytesAsync(Path.Combine(Repository.Shared, "models", "odd", "expand_bomb_at_infer.onnx")), new LimitsState(DeadlineMs: Deadline))
            .Write();
        _node = NodeProcess.Start(Path.Combine(_state.Root, "cache"), new Dictionary<string, string?>
        {
            ["Node__StateFile"] = _state.StateFile,
            ["Node__ArtifactDirectory"] = _state.Artifacts,
            ["Node__MemoryLimit"] = MemoryLimit.ToString(CultureInfo.InvariantCulture),
        });
        await _node.ReadyAsync(TimeSpan.FromSeconds(120));
    }

    public async ValueTask DisposeAsync()
    {
        if (_node is not null)
            await _node.DisposeAsync();
        _state!.Dispose();
    }
}

/// <summary>Requests that are meant to do harm, on every protocol: refused by their own fault, while the node goes on within its memory.</summary>
public sealed class HostileTests(HostileNode node) : IClassFixture<HostileNode>, IAsyncLifetime
{
    private const int Rows = 1_000_000;
    private const long MostMemory = HostileNode.MemoryLimit;

    public static TheoryData<string> Paths => ["/predict/wide", "/v2/models/wide/infer", "/v1/models/wide:predict", "/predictions/wide", "/serving-endpoints/wide/invocations"];

    /// <summary>Path, type, and the body's begin, one row and end.</summary>
    public static TheoryData<string, string, string, string, string> ManyRows => new()
    {
        { "/predict/roomy", "application/json", "{\"rows\":[", "{\"inputs\":{\"x\":[1,2,3]}}", "]}" },
        { "/v2/models/roomy/infer", "application/json", "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1000000,3],\"data\":[", "1,2,3", "]}]}" },
        { "/v1/models/roomy:predict", "application/json", "{\"instances\":[", "[1,2,3]", "]}" },
        { "/v1/models/roomy:predict", "application/json", "{\"instances\":[", "{\"x\":[1,2,3]}", "]}" },
        { "/v1/models/roomy:predict", "application/json", "{\"inputs\":{\"x\":[", "[1,2,3]", "]}}" },
        { "/serving-endpoints/roomy/invocations", "application/json", "{\"inputs\":[", "[1,2,3]", "]}" },
        { "/serving-endpoints/roomy/invocations", "application/json", "{\"instances\":[", "[1,2,3]", "]}" },
        { "/serving-endpoints/roomy/invocations", "application/json", "{\"dataframe_split\":{\"data\":[", "[1,2,3]", "]}}" },
        { "/serving-endpoints/roomy/invocations", "application/json", "{\"dataframe_records\":[", "{\"a\":1,\"b\":2,\"c\":3}", "]}" },
        { "/serving-endpoints/roomy/invocations", "text/csv", "a,b,c\n", "1,2,3", "\n" },
    };

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task H69_A_body_of_100_MB_is_413_with_its_length_and_without(string path)
    {
        foreach (var chunked in (bool[])[false, true])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(new byte[100_000_000]) };
            request.Headers.TransferEncodingChunked = chunked;
            request.Headers.ExpectContinue = true;
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");

            using var answer = await node.Client.SendAsync(request);

            Assert.Equal(413, (int)answer.StatusCode);
        }
    }

    [Theory]
    [MemberData(nameof(ManyRows))]
    public async Task H69_A_million_rows_are_413(string path, string type, string head, string row, string tail)
    {
        var body = new StringBuilder(head).Insert(head.Length, row + (type == "text/csv" ? "\n" : ","), Rows - 1).Append(row).Append(tail).ToString();
        using var answer = await node.Client.PostAsync(path, new StringContent(body, Encoding.UTF8, type));

        Assert.True(413 == (int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task H69_A_million_rows_of_bytes_are_413()
    {
        var head = Encoding.UTF8.GetBytes($$$"""{"inputs":[{"name":"x","datatype":"FP32","shape":[{{{Rows}}},3],"parameters":{"binary_data_size":{{{Rows * 12}}}}}]}""");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v2/models/roomy/infer") { Content = new ByteArrayContent([.. head, .. new byte[Rows * 12]]) };
        request.Headers.Add("Inference-Header-Content-Length", head.Length.ToString(CultureInfo.InvariantCulture));

        using var answer = await node.Client.SendAsync(request);

        Assert.Equal(413, (int)answer.StatusCode);
    }

    [Fact]
    public async Task H69_Many_parts_of_a_form_are_no_more_rows_than_the_endpoint_takes()
    {
        using var form = new MultipartFormDataContent();
        for (var i = 0; i < 20_000; i++)
            form.Add(new StringContent("{\"x\":[1,2,3]}"), "data");

        using var answer = await node.Client.PostAsync("/predictions/roomy", form);

        Assert.Equal(413, (int)answer.StatusCode);
    }

    [Fact]
    public async Task H69_A_million_rows_over_gRPC_are_refused_on_both_services()
    {
        using var channel = GrpcChannel.ForAddress(node.Http2Url);
        var values = ByteString.CopyFrom(new byte[Rows * 12]);
        var infer = new ModelInferRequest { ModelName = "roomy", Inputs = { new ModelInferRequest.Types.InferInputTensor { Name = "x", Datatype = "FP32", Shape = { Rows, 3 } } }, RawInputContents = { values } };
        var predict = new PredictRequest { ModelSpec = new ModelSpec { Name = "roomy" }, Inputs = { ["x"] = new TensorProto { Dtype = DataType.DtFloat, TensorShape = Shape(Rows, 3), TensorContent = values } } };

        var one = await Assert.ThrowsAsync<RpcException>(async () => await new GRPCInferenceService.GRPCInferenceServiceClient(channel).ModelInferAsync(infer));
        var other = await Assert.ThrowsAsync<RpcException>(async () => await new PredictionService.PredictionServiceClient(channel).PredictAsync(predict));

        Assert.Equal((StatusCode.ResourceExhausted, StatusCode.ResourceExhausted), (one.StatusCode, other.StatusCode));
    }

    [Fact]
    public async Task H69_A_message_of_100_MB_and_one_that_unpacks_to_it_are_refused()
    {
        using var plain = GrpcChannel.ForAddress(node.Http2Url, new GrpcChannelOptions { MaxSendMessageSize = null });
        var request = new ModelInferRequest { ModelName = "wide", RawInputContents = { ByteString.CopyFrom(new byte[100_000_000]) } };
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(plain);

        var large = await Assert.ThrowsAsync<RpcException>(async () => await client.ModelInferAsync(request));
        var bomb = await Assert.ThrowsAsync<RpcException>(async () => await client.ModelInferAsync(request, new Metadata { { "grpc-internal-encoding-request", "gzip" } }));

        Assert.Equal((StatusCode.ResourceExhausted, StatusCode.ResourceExhausted), (large.StatusCode, bomb.StatusCode));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task H69_A_gzip_bomb_is_413(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(_bomb) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Content.Headers.ContentEncoding.Add("gzip");

        using var answer = await node.Client.SendAsync(request);

        Assert.Equal(413, (int)answer.StatusCode);
    }

    [Theory]
    [InlineData("/predict/wide", """{"inputs":{"x":#}}""")]
    [InlineData("/predict/wide", """{"rows":[{"inputs":{"x":#}}]}""")]
    [InlineData("/predict/wide", """{"context":#,"inputs":{"x":[1,2,3]}}""")]
    [InlineData("/v2/models/wide/infer", """{"inputs":[{"name":"x","datatype":"FP32","shape":[1,3],"data":#}]}""")]
    [InlineData("/v2/models/wide/infer", """{"parameters":{"a":#},"inputs":[]}""")]
    [InlineData("/v1/models/wide:predict", """{"instances":#}""")]
    [InlineData("/v1/models/wide:predict", """{"inputs":{"x":#}}""")]
    [InlineData("/predictions/wide", """{"x":#}""")]
    [InlineData("/serving-endpoints/wide/invocations", """{"inputs":#}""")]
    [InlineData("/serving-endpoints/wide/invocations", """{"dataframe_records":#}""")]
    [InlineData("/serving-endpoints/wide/invocations", """{"dataframe_split":{"data":#}}""")]
    [InlineData("/serving-endpoints/wide/invocations", """{"params":#,"inputs":[[1,2,3]]}""")]
    public async Task H69_A_depth_bomb_wherever_a_value_may_stand_is_400(string path, string body)
    {
        foreach (var bomb in (string[])[new string('[', 500_000) + new string(']', 500_000), string.Concat(Enumerable.Repeat("{\"a\":", 100_000)) + "1" + new string('}', 100_000), new string('[', 1_000_000)])
        {
            using var answer = await node.Client.PostAsync(path, new StringContent(body.Replace("#", bomb, StringComparison.Ordinal), Encoding.UTF8, "application/json"));
            Assert.Equal(400, (int)answer.StatusCode);
        }
    }

    [Fact]
    public async Task H69_Unknown_models_by_the_thousand_are_one_number()
    {
        const int Names = 10_000;
        using var channel = GrpcChannel.ForAddress(node.Http2Url);
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(channel);
        var before = await node.Client.GetStringAsync("/metrics");

        await Parallel.ForEachAsync(Enumerable.Range(0, Names), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            var path = (i % 5) switch { 0 => $"/predict/m{i}", 1 => $"/v2/models/m{i}/infer", 2 => $"/v1/models/m{i}:predict", 3 => $"/predictions/m{i}", _ => $"/serving-endpoints/m{i}/invocations" };
            using var answer = await node.Client.PostAsync(path, new StringContent("{}", Encoding.UTF8, "application/json"));
            Assert.Equal(404, (int)answer.StatusCode);
        });
        for (var i = 0; i < 100; i++)
            Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(async () => await client.ModelInferAsync(new ModelInferRequest { ModelName = $"m{i}" }))).StatusCode);
        var after = await node.Client.GetStringAsync("/metrics");

        Assert.Equal(Unknown(before) + Names + 100, Unknown(after));
        Assert.Equal(before.Split('\n').Length, after.Split('\n').Length);
    }

    [Theory]
    [InlineData("a\r\n X-Injected: 1")]
    [InlineData("a\tb")]
    [InlineData("a\u0001b")]
    [InlineData("password=hunter2")]
    [InlineData("Bearer abc.def")]
    [InlineData("4 kB")]
    public async Task H69_A_request_id_that_is_no_id_comes_back_nowhere(string id)
    {
        id = id == "4 kB" ? new string('x', 4096) : id;
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, node.Client.BaseAddress!.Port);
        var stream = socket.GetStream();
        const string Body = """{"inputs":{"x":[1,2,3]}}""";
        await stream.WriteAsync(Encoding.Latin1.GetBytes($"POST /predict/wide HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: {id}\r\nContent-Length: {Body.Length}\r\nConnection: close\r\n\r\n{Body}"));

        var answer = await new StreamReader(stream, Encoding.Latin1).ReadToEndAsync();

        Assert.Matches("^HTTP/1.1 (200|400) ", answer);
        Assert.DoesNotContain(id, answer, StringComparison.Ordinal);
        Assert.DoesNotContain("Injected", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task H69_Models_that_never_end_and_answers_that_never_fit_are_errors_within_the_deadline_while_others_go_on()
    {
        const string Bomb = """{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":[1]},{"name":"s","datatype":"INT64","shape":[2],"data":[40000,40000]}]}""";
        var endless = Enumerable.Range(0, 6).Select(_ => TimedAsync("/predict/endless", """{"inputs":{"x":[1,2,3,4]}}""")).ToList();
        var bombs = Enumerable.Range(0, 6).Select(_ => TimedAsync("/v2/models/bomb/infer", Bomb)).ToList();
        var others = new List<(int Status, TimeSpan Took)>();
        while (endless.Exists(one => !one.IsCompleted))
            others.Add(await TimedAsync("/predict/wide", """{"inputs":{"x":[1,2,3]}}"""));

        Assert.All(await Task.WhenAll(endless), one => Assert.Equal(504, one.Status));
        Assert.All(await Task.WhenAll(bombs), one => Assert.True(one.Status is 500 or 504, $"{one.Status}"));
        Assert.All([.. await Task.WhenAll(endless), .. await Task.WhenAll(bombs)], one => Assert.True(one.Took < TimeSpan.FromMilliseconds(2 * HostileNode.Deadline), $"{one.Took}"));
        Assert.All(others, one => Assert.True(one.Status == 200 && one.Took < TimeSpan.FromMilliseconds(2 * HostileNode.Deadline), $"{one}"));
        Assert.True(others.Count > 20);
    }

    private async Task<(int Status, TimeSpan Took)> TimedAsync(string path, string body)
    {
        var began = Stopwatch.GetTimestamp();
        using var answer = await node.Client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));
        return ((int)answer.StatusCode, Stopwatch.GetElapsedTime(began));
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        using var alive = await node.Client.PostAsync("/predict/wide", new StringContent("""{"inputs":{"x":[1,2,3]}}""", Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
        Assert.InRange(node.Memory, 1, MostMemory);
        GC.SuppressFinalize(this);
    }

    private static readonly byte[] _bomb = Pack(256 << 20);

    private static byte[] Pack(int zeros)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(new byte[zeros]);
        return packed.ToArray();
    }

    private static long Unknown(string metrics) =>
        long.Parse(metrics.Split('\n').Single(line => line.StartsWith("serving_unknown_endpoint_total ", StringComparison.Ordinal)).Split(' ')[1], CultureInfo.InvariantCulture);

    private static TensorShapeProto Shape(params long[] sizes)
    {
        var shape = new TensorShapeProto();
        foreach (var size in sizes)
            shape.Dim.Add(new TensorShapeProto.Types.Dim { Size = size });
        return shape;
    }
}
