using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Serving.Contracts.Models;
using Serving.Node.Protocols.Rpc;
using Serving.Node.Protocols.TensorFlow.Wire;
using Serving.Node.Receive;
using Serving.Node.Versions;

namespace Serving.Node.Protocols.TensorFlow;

/// <summary>TensorFlow Serving's PredictionService over gRPC: predict, and what the model takes and gives.</summary>
internal sealed class TensorFlowService(RpcPredictions predictions, ExchangePool<TensorFlowRpcExchange> pool, ServingTable table) : PredictionService.PredictionServiceBase
{
    private const string SignatureField = "signature_def";

    public override Task<PredictResponse> Predict(PredictRequest request, ServerCallContext context) =>
        predictions.AnswerAsync<TensorFlowRpcExchange, PredictRequest, PredictResponse>(pool, request, request.ModelSpec?.Name ?? "", VersionOf(request.ModelSpec, table.Current), context);

    public override Task<GetModelMetadataResponse> GetModelMetadata(GetModelMetadataRequest request, ServerCallContext context)
    {
        if (request.MetadataField.Count == 0 || request.MetadataField.Any(field => field != SignatureField))
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"metadata_field must name {SignatureField}, and nothing else is known."));
        var arm = Find(request.ModelSpec, table.Current);
        var signature = new SignatureDef { MethodName = "tensorflow/serving/predict" };
        foreach (var spec in arm.Release.Model.Signature.Inputs)
            signature.Inputs[spec.Name] = InfoOf(spec);
        foreach (var spec in arm.Release.Model.Signature.Outputs)
            signature.Outputs[spec.Name] = InfoOf(spec);
        var map = new SignatureDefMap();
        map.SignatureDef["serving_default"] = signature;
        var answer = new GetModelMetadataResponse { ModelSpec = SpecOf(request.ModelSpec.Name, arm) };
        answer.Metadata[SignatureField] = Any.Pack(map);
        return Task.FromResult(answer);
    }

    public static ServedArm Find(ModelSpec? spec, ServingSnapshot snapshot)
    {
        var version = VersionOf(spec, snapshot);
        return ServedArms.Find(snapshot, spec?.Name ?? "", version, out var failure) ?? throw RpcStatus.Of(TensorFlowStatus.NotFound(failure!, spec?.Name ?? "", version));
    }

    /// <summary>Versions are integers in this protocol; one that is none is left out.</summary>
    public static ModelSpec SpecOf(string endpoint, ServedArm arm) => new()
    {
        Name = endpoint,
        Version = long.TryParse(arm.Release.State.Version, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : null,
    };

    private static string? VersionOf(ModelSpec? spec, ServingSnapshot snapshot) => spec?.VersionChoiceCase switch
    {
        ModelSpec.VersionChoiceOneofCase.Version => spec.Version?.ToString(CultureInfo.InvariantCulture),
        ModelSpec.VersionChoiceOneofCase.VersionLabel => ServedArms.VersionOf(snapshot, spec.Name, spec.VersionLabel),
        _ => null,
    };

    private static TensorInfo InfoOf(TensorSpec spec)
    {
        var shape = new TensorShapeProto();
        foreach (var size in spec.Shape ?? [-1, -1])
            shape.Dim.Add(new TensorShapeProto.Types.Dim { Size = size });
        return new TensorInfo { Name = $"{spec.Name}:0", Dtype = TensorFlowTypes.Of(spec), TensorShape = shape };
    }
}

/// <summary>TensorFlow Serving's ModelService: which versions are there.</summary>
internal sealed class TensorFlowModelService(ServingTable table) : ModelService.ModelServiceBase
{
    public override Task<GetModelStatusResponse> GetModelStatus(GetModelStatusRequest request, ServerCallContext context)
    {
        var snapshot = table.Current;
        var arm = TensorFlowService.Find(request.ModelSpec, snapshot);
        var isOne = request.ModelSpec.VersionChoiceCase != ModelSpec.VersionChoiceOneofCase.None;
        var answer = new GetModelStatusResponse();
        foreach (var known in snapshot.Endpoints[request.ModelSpec.Name].ByVersion.Keys.Where(known => !isOne || known == arm.Release.State.Version))
        {
            if (long.TryParse(known, NumberStyles.None, CultureInfo.InvariantCulture, out var version))
                answer.ModelVersionStatus.Add(new ModelVersionStatus { Version = version, State = ModelVersionStatus.Types.State.Available, Status = new StatusProto() });
        }

        return Task.FromResult(answer);
    }
}
