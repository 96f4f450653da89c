using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Serving.Node.Protocols.TensorFlow.Wire;

namespace Serving.Node.Tests.Protocols;

/// <summary>TensorFlow Serving over gRPC as its tables say, against a real node.</summary>
public sealed class TensorFlowRpcTests(ProtocolNode node) : IClassFixture<ProtocolNode>, IDisposable
{
    private const string Shape12 = "\"tensorShape\":{\"dim\":[{\"size\":\"1\"},{\"size\":\"2\"}]}";

    private readonly GrpcChannel _channel = GrpcChannel.ForAddress(node.Http2Url);

    private PredictionService.PredictionServiceClient Client => new(_channel);

    public void Dispose() => _channel.Dispose();

    [Theory]
    [InlineData("fp32", "DT_FLOAT", "\"floatVal\":[1.5,-2]")]
    [InlineData("fp64", "DT_DOUBLE", "\"doubleVal\":[1.5,-2]")]
    [InlineData("int8", "DT_INT8", "\"intVal\":[-128,127]")]
    [InlineData("int16", "DT_INT16", "\"intVal\":[-32768,32767]")]
    [InlineData("int32", "DT_INT32", "\"intVal\":[-1,1]")]
    [InlineData("int64", "DT_INT64", "\"int64Val\":[\"-1\",\"1\"]")]
    [InlineData("uint8", "DT_UINT8", "\"intVal\":[0,255]")]
    [InlineData("uint16", "DT_UINT16", "\"intVal\":[0,65535]")]
    [InlineData("uint32", "DT_UINT32", "\"uint32Val\":[0,4294967295]")]
    [InlineData("uint64", "DT_UINT64", "\"uint64Val\":[\"0\",\"18446744073709551615\"]")]
    [InlineData("bool", "DT_BOOL", "\"boolVal\":[true,false]")]
    [InlineData("bytes", "DT_STRING", "\"stringVal\":[\"YQ==\",\"\"]")]
    [InlineData("fp16", "DT_HALF", "\"halfVal\":[15360,0]")]
    [InlineData("bf16", "DT_BFLOAT16", "\"halfVal\":[16256,0]")]
    public async Task Every_type_comes_back_from_typed_contents(string model, string type, string values)
    {
        var tensor = JsonParser.Default.Parse<TensorProto>($$"""{"dtype":"{{type}}",{{Shape12}},{{values}}}""");
        var answer = await Client.PredictAsync(new PredictRequest { ModelSpec = new ModelSpec { Name = $"same-{model}" }, Inputs = { ["x"] = tensor } });

        Assert.Equal(tensor, answer.Outputs["y"]);
        Assert.Equal(($"same-{model}", 1L, "serving_default"), (answer.ModelSpec.Name, answer.ModelSpec.Version, answer.ModelSpec.SignatureName));
    }

    [Fact]
    public async Task Packed_contents_are_read_and_a_single_value_stands_for_all()
    {
        var packed = Tensor([1, 2, 3], 1, 3);
        packed.FloatVal.Clear();
        packed.TensorContent = ByteString.CopyFrom([.. new float[] { 1, 2, 3 }.SelectMany(BitConverter.GetBytes)]);
        var one = Tensor([7], 2, 3);

        var first = await Client.PredictAsync(Request("wide", packed));
        var second = await Client.PredictAsync(Request("wide", one));

        Assert.Equal([2f, 3f, 4f], first.Outputs["y"].FloatVal);
        Assert.Equal([8f, 8f, 8f, 8f, 8f, 8f], second.Outputs["y"].FloatVal);
    }

    [Fact]
    public async Task Versions_labels_and_a_choice_of_outputs_are_heard()
    {
        var request = new PredictRequest { ModelSpec = new ModelSpec { Name = "pair", Version = 1 }, Inputs = { ["a"] = Tensor([5], 1, 1), ["b"] = Tensor([2], 1, 1) }, OutputFilter = { "d" } };
        Assert.Equal("d", Assert.Single((await Client.PredictAsync(request)).Outputs).Key);
        request.ModelSpec.VersionLabel = "stable";
        Assert.Equal(3f, (await Client.PredictAsync(request)).Outputs["d"].FloatVal[0]);
        request.ModelSpec.VersionLabel = "champion";
        Assert.Equal(3f, (await Client.PredictAsync(request)).Outputs["d"].FloatVal[0]);
    }

    public static TheoryData<string, StatusCode, string> Refused => new()
    {
        { "{}", StatusCode.NotFound, "names no endpoint" },
        { """{"modelSpec":{"name":"none"}}""", StatusCode.NotFound, "none" },
        { """{"modelSpec":{"name":"wide","version":"9"}}""", StatusCode.NotFound, "9" },
        { """{"modelSpec":{"name":"wide"}}""", StatusCode.InvalidArgument, "missing" },
        { """{"modelSpec":{"name":"wide","signatureName":"other"}}""", StatusCode.InvalidArgument, "signature_name" },
        { """{"modelSpec":{"name":"wide"},"inputs":{"z":{}}}""", StatusCode.InvalidArgument, "no input z" },
        { """{"modelSpec":{"name":"wide"},"inputs":{"x":{"dtype":"DT_INT64"}}}""", StatusCode.InvalidArgument, "expected DtFloat, got DtInt64" },
        { """{"modelSpec":{"name":"wide"},"inputs":{"x":{"dtype":"DT_FLOAT"}}}""", StatusCode.InvalidArgument, "expected shape [N,3]" },
        { """{"modelSpec":{"name":"wide"},"inputs":{"x":{"dtype":"DT_FLOAT","tensorShape":{"dim":[{"size":"1"},{"size":"3"}]},"floatVal":[1,2]}}}""", StatusCode.InvalidArgument, "3 elements, got 2" },
        { """{"modelSpec":{"name":"wide"},"inputs":{"x":{"dtype":"DT_FLOAT","tensorShape":{"dim":[{"size":"9000"},{"size":"3"}]},"tensorContent":"AAAA"}}}""", StatusCode.InvalidArgument, "bytes, got 3" },
        { """{"modelSpec":{"name":"wide"},"inputs":{"x":{"dtype":"DT_FLOAT","tensorShape":{"dim":[{"size":"9000000"},{"size":"3"}]},"floatVal":[1]}}}""", StatusCode.ResourceExhausted, "rows" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task F69_What_does_not_fit_has_a_status_and_says_why(string request, StatusCode code, string expected)
    {
        var failed = await Assert.ThrowsAsync<RpcException>(async () => await Client.PredictAsync(JsonParser.Default.Parse<PredictRequest>(request)));

        Assert.Equal(code, failed.StatusCode);
        Assert.Contains(expected, failed.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metadata_and_status_are_told()
    {
        var metadata = await Client.GetModelMetadataAsync(new GetModelMetadataRequest { ModelSpec = new ModelSpec { Name = "wide" }, MetadataField = { "signature_def" } });
        var signature = metadata.Metadata["signature_def"].Unpack<SignatureDefMap>().SignatureDef["serving_default"];
        var status = await new ModelService.ModelServiceClient(_channel).GetModelStatusAsync(new GetModelStatusRequest { ModelSpec = new ModelSpec { Name = "wide" } });
        var missing = await Assert.ThrowsAsync<RpcException>(async () =>
            await new ModelService.ModelServiceClient(_channel).GetModelStatusAsync(new GetModelStatusRequest { ModelSpec = new ModelSpec { Name = "half" } }));

        Assert.Equal((DataType.DtFloat, "x:0", -1L), (signature.Inputs["x"].Dtype, signature.Inputs["x"].Name, signature.Inputs["x"].TensorShape.Dim[0].Size));
        Assert.Equal((1L, ModelVersionStatus.Types.State.Available), (Assert.Single(status.ModelVersionStatus).Version, status.ModelVersionStatus[0].State));
        Assert.Equal((StatusCode.NotFound, "Servable not found for request: Latest(half)"), (missing.StatusCode, missing.Status.Detail));
    }

    private static PredictRequest Request(string model, TensorProto x) => new() { ModelSpec = new ModelSpec { Name = model }, Inputs = { ["x"] = x } };

    private static TensorProto Tensor(float[] values, params long[] shape)
    {
        var tensor = new TensorProto { Dtype = DataType.DtFloat, TensorShape = new TensorShapeProto(), FloatVal = { values } };
        foreach (var size in shape)
            tensor.TensorShape.Dim.Add(new TensorShapeProto.Types.Dim { Size = size });
        return tensor;
    }
}
