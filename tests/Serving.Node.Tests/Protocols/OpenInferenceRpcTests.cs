using Google.Protobuf;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Serving.Node.Protocols.OpenInference.Wire;

namespace Serving.Node.Tests.Protocols;

/// <summary>Open Inference Protocol v2 over gRPC as its tables say, against a real node.</summary>
public sealed class OpenInferenceRpcTests(ProtocolNode node) : IClassFixture<ProtocolNode>, IDisposable
{
    private readonly GrpcChannel _channel = GrpcChannel.ForAddress(node.Http2Url);

    private GRPCInferenceService.GRPCInferenceServiceClient Client => new(_channel);

    public static TheoryData<string, string> Raw => OpenInferenceTests.BinaryTypes;

    public void Dispose() => _channel.Dispose();

    [Theory]
    [MemberData(nameof(Raw))]
    public async Task Every_type_comes_back_from_raw_contents(string type, string hex)
    {
        var request = Request($"same-{type.ToLowerInvariant()}", type, 1, 2);
        request.RawInputContents.Add(ByteString.CopyFrom(Convert.FromHexString(hex)));

        var answer = await Client.ModelInferAsync(request);

        var output = Assert.Single(answer.Outputs);
        Assert.Equal(("y", type, "1,2"), (output.Name, output.Datatype, string.Join(',', output.Shape)));
        Assert.Equal(hex, Convert.ToHexString(Assert.Single(answer.RawOutputContents).Span));
        Assert.Equal((request.ModelName, "1", "7"), (answer.ModelName, answer.ModelVersion, answer.Id));
    }

    [Theory]
    [InlineData("BOOL", "{ \"boolContents\": [true, false] }", "0100")]
    [InlineData("INT8", "{ \"intContents\": [-128, 127] }", "807F")]
    [InlineData("INT16", "{ \"intContents\": [-32768, 32767] }", "0080FF7F")]
    [InlineData("INT32", "{ \"intContents\": [-1, 1] }", "FFFFFFFF01000000")]
    [InlineData("INT64", "{ \"int64Contents\": [\"-1\", \"1\"] }", "FFFFFFFFFFFFFFFF0100000000000000")]
    [InlineData("UINT8", "{ \"uintContents\": [0, 255] }", "00FF")]
    [InlineData("UINT16", "{ \"uintContents\": [0, 65535] }", "0000FFFF")]
    [InlineData("UINT32", "{ \"uintContents\": [0, 4294967295] }", "00000000FFFFFFFF")]
    [InlineData("UINT64", "{ \"uint64Contents\": [\"0\", \"18446744073709551615\"] }", "0000000000000000FFFFFFFFFFFFFFFF")]
    [InlineData("FP32", "{ \"fp32Contents\": [1.5, -2] }", "0000C03F000000C0")]
    [InlineData("FP64", "{ \"fp64Contents\": [1.5, \"-0\"] }", "000000000000F83F0000000000000080")]
    [InlineData("BYTES", "{ \"bytesContents\": [\"\", \"YcO2\"] }", "000000000300000061C3B6")]
    public async Task Every_type_with_typed_contents_comes_back_in_raw_form(string type, string contents, string hex)
    {
        var request = Request($"same-{type.ToLowerInvariant()}", type, 1, 2);
        request.Inputs[0].Contents = JsonParser.Default.Parse<InferTensorContents>(contents);

        var answer = await Client.ModelInferAsync(request);

        Assert.Equal(hex, Convert.ToHexString(Assert.Single(answer.RawOutputContents).Span));
    }

    [Fact]
    public async Task Answers_say_who_gave_them_and_outputs_are_those_asked_for()
    {
        var request = Floats("pair", ("a", 5), ("b", 2));
        request.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "d" });
        using var call = Client.ModelInferAsync(request, new Metadata { { "x-request-id", "r-77" }, { "x-assignment-key", "u1" } });

        var headers = await call.ResponseHeadersAsync;
        var answer = await call;

        Assert.Equal(("r-77", "1", "stable"), (headers.GetValue("x-request-id"), headers.GetValue("x-model-version"), headers.GetValue("x-arm")));
        Assert.StartsWith("rel-", headers.GetValue("x-release"), StringComparison.Ordinal);
        Assert.Equal("d", Assert.Single(answer.Outputs).Name);
        Assert.Equal(3, BitConverter.ToSingle(answer.RawOutputContents[0].Span));
    }

    [Fact]
    public async Task Classification_answers_the_best_classes()
    {
        var request = Request("wide", "FP32", 1, 3);
        request.Inputs[0].Contents = new InferTensorContents { Fp32Contents = { 1, 9, 3 } };
        request.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "y", Parameters = { ["classification"] = new InferParameter { Int64Param = 1 } } });

        var answer = await Client.ModelInferAsync(request);

        Assert.Equal("BYTES", answer.Outputs[0].Datatype);
        Assert.Equal("10:1", answer.RawOutputContents[0].Span[4..] is var text ? System.Text.Encoding.UTF8.GetString(text) : "");
    }

    [Fact]
    public async Task A_stream_answers_each_request_in_order_and_goes_on_after_an_error()
    {
        using var stream = Client.ModelStreamInfer();
        for (var i = 0; i < 3; i++)
        {
            var request = Floats(i == 1 ? "none" : "add", ("x", i));
            request.Id = $"{i}";
            await stream.RequestStream.WriteAsync(request);
        }

        await stream.RequestStream.CompleteAsync();
        var answers = await stream.ResponseStream.ReadAllAsync().ToListAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["0", "1", "2"], answers.Select(answer => answer.InferResponse.Id));
        Assert.Equal(["", "This node serves no endpoint none.", ""], answers.Select(answer => answer.ErrorMessage));
        Assert.Equal(3, BitConverter.ToSingle(answers[2].InferResponse.RawOutputContents[0].Span));
    }

    public static TheoryData<string, StatusCode, string> Refused => new()
    {
        { """{ "modelName": "none" }""", StatusCode.NotFound, "none" },
        { """{ "modelName": "wide", "modelVersion": "9" }""", StatusCode.NotFound, "9" },
        { """{ "modelName": "wide" }""", StatusCode.InvalidArgument, "x (FP32 [N,3]) is missing" },
        { """{ "modelName": "wide", "inputs": [{ "name": "z" }] }""", StatusCode.InvalidArgument, "no input z" },
        { """{ "modelName": "wide", "inputs": [{ "name": "x", "datatype": "INT64", "shape": [1, 3] }] }""", StatusCode.InvalidArgument, "expected datatype FP32, got INT64" },
        { """{ "modelName": "wide", "inputs": [{ "name": "x", "datatype": "FP32", "shape": [1, 4] }] }""", StatusCode.InvalidArgument, "[N,3]" },
        { """{ "modelName": "wide", "inputs": [{ "name": "x", "datatype": "FP32", "shape": [-1, 3] }] }""", StatusCode.InvalidArgument, "[N,3]" },
        { """{ "modelName": "wide", "inputs": [{ "name": "x", "datatype": "FP32", "shape": [1, 3] }] }""", StatusCode.InvalidArgument, "asks for 3 elements, got 0" },
        { """{ "modelName": "wide", "inputs": [{ "name": "x", "datatype": "FP32", "shape": [1, 3] }], "rawInputContents": ["AAAA"] }""", StatusCode.InvalidArgument, "12 bytes, got 3" },
        { """{ "modelName": "wide", "inputs": [{ "name": "x", "datatype": "FP32", "shape": [1, 3] }], "rawInputContents": ["AAAA", "AAAA"] }""", StatusCode.InvalidArgument, "one entry for each" },
        { """{ "modelName": "wide", "inputs": [{ "name": "x", "datatype": "FP32", "shape": [1, 3], "contents": { "fp32Contents": [1, 2, 3] } }], "rawInputContents": ["AAAAAAAAAAAAAAAA"] }""", StatusCode.InvalidArgument, "exclude each other" },
        { """{ "modelName": "same-fp16", "inputs": [{ "name": "x", "datatype": "FP16", "shape": [1, 2], "contents": { "fp32Contents": [1, 2] } }] }""", StatusCode.InvalidArgument, "raw_input_contents" },
        { """{ "modelName": "same-int8", "inputs": [{ "name": "x", "datatype": "INT8", "shape": [1, 2], "contents": { "intContents": [1, 200] } }] }""", StatusCode.InvalidArgument, "out of the range of INT8" },
        { """{ "modelName": "same-bytes", "inputs": [{ "name": "x", "datatype": "BYTES", "shape": [1, 2], "contents": { "bytesContents": ["//4=", "YQ=="] } }] }""", StatusCode.InvalidArgument, "UTF-8" },
        { """{ "modelName": "small", "inputs": [{ "name": "x", "datatype": "FP32", "shape": [4, 1], "contents": { "fp32Contents": [1, 2, 3, 4] } }] }""", StatusCode.ResourceExhausted, "4 rows" },
        { """{ "modelName": "wide", "parameters": { "timeout": { "stringParam": "soon" } } }""", StatusCode.InvalidArgument, "timeout" },
        { """{ "modelName": "wide", "parameters": { "timeout": { "int64Param": 1 } }, "inputs": [{ "name": "x", "datatype": "FP32", "shape": [1, 3], "contents": { "fp32Contents": [1, 2, 3] } }] }""", StatusCode.DeadlineExceeded, "0.001 ms" },
        { """{ "modelName": "wide", "outputs": [{ "name": "q" }], "inputs": [{ "name": "x", "datatype": "FP32", "shape": [1, 3], "contents": { "fp32Contents": [1, 2, 3] } }] }""", StatusCode.InvalidArgument, "no output q" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task F69_What_does_not_fit_has_a_status_and_says_why(string request, StatusCode code, string expected)
    {
        var failed = await Assert.ThrowsAsync<RpcException>(async () => await Client.ModelInferAsync(JsonParser.Default.Parse<ModelInferRequest>(request)));

        Assert.Equal(code, failed.StatusCode);
        Assert.Contains(expected, failed.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task H69_A_message_beyond_the_endpoints_limit_is_refused()
    {
        var request = Request("small", "FP32", 3, 1);
        request.RawInputContents.Add(ByteString.CopyFrom(new byte[5_000]));

        var failed = await Assert.ThrowsAsync<RpcException>(async () => await Client.ModelInferAsync(request));

        Assert.Equal(StatusCode.ResourceExhausted, failed.StatusCode);
        Assert.Contains("4096 bytes", failed.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_asked_beside_predictions_is_answered()
    {
        Assert.True((await Client.ServerLiveAsync(new ServerLiveRequest())).Live);
        Assert.True((await Client.ServerReadyAsync(new ServerReadyRequest())).Ready);
        Assert.True((await Client.ModelReadyAsync(new ModelReadyRequest { Name = "wide", Version = "1" })).Ready);
        Assert.False((await Client.ModelReadyAsync(new ModelReadyRequest { Name = "wide", Version = "9" })).Ready);
        Assert.Contains("binary_tensor_data", (await Client.ServerMetadataAsync(new ServerMetadataRequest())).Extensions);
        var metadata = await Client.ModelMetadataAsync(new ModelMetadataRequest { Name = "wide" });
        Assert.Equal(("wide", "onnx_onnxv1", "1"), (metadata.Name, metadata.Platform, Assert.Single(metadata.Versions)));
        Assert.Equal([-1L, 3L], Assert.Single(metadata.Inputs).Shape);
        Assert.Contains((await Client.RepositoryIndexAsync(new RepositoryIndexRequest())).Models, model => model is { Name: "wide", Version: "1", State: "READY" });
        await Client.ModelStatisticsAsync(new ModelStatisticsRequest());
        Assert.Equal(StatusCode.Unimplemented, (await Assert.ThrowsAsync<RpcException>(async () => await Client.RepositoryModelLoadAsync(new RepositoryModelLoadRequest { ModelName = "wide" }))).StatusCode);
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(async () => await Client.ModelMetadataAsync(new ModelMetadataRequest { Name = "none" }))).StatusCode);
    }

    [Fact]
    public async Task Health_knows_the_node_its_services_and_its_endpoints()
    {
        var health = new Health.HealthClient(_channel);
        foreach (var service in (string[])["", "inference.GRPCInferenceService", "wide"])
            Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, (await health.CheckAsync(new HealthCheckRequest { Service = service })).Status);
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(async () => await health.CheckAsync(new HealthCheckRequest { Service = "none" }))).StatusCode);
        using var watch = health.Watch(new HealthCheckRequest());
        Assert.True(await watch.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, watch.ResponseStream.Current.Status);
    }

    private static ModelInferRequest Request(string model, string type, params long[] shape) =>
        new() { ModelName = model, Id = "7", Inputs = { new ModelInferRequest.Types.InferInputTensor { Name = "x", Datatype = type, Shape = { shape } } } };

    private static ModelInferRequest Floats(string model, params (string Name, float Value)[] inputs)
    {
        var request = new ModelInferRequest { ModelName = model };
        foreach (var (name, value) in inputs)
            request.Inputs.Add(new ModelInferRequest.Types.InferInputTensor { Name = name, Datatype = "FP32", Shape = { 1, 1 }, Contents = new InferTensorContents { Fp32Contents = { value } } });
        return request;
    }
}
