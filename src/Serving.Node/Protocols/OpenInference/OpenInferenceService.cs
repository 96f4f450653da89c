using Grpc.Core;
using Serving.Contracts.Models;
using Serving.Node.Metrics;
using Serving.Node.Protocols.OpenInference.Wire;
using Serving.Node.Protocols.Rpc;
using Serving.Node.Receive;
using Serving.Node.Respond;
using Serving.Node.Versions;

namespace Serving.Node.Protocols.OpenInference;

/// <summary>Open Inference Protocol v2 over gRPC.</summary>
internal sealed class OpenInferenceService(RpcPredictions predictions, ExchangePool<OipRpcExchange> pool, ServingTable table, NodeStatus status, SeriesRegistry registry, TimeProvider time)
    : GRPCInferenceService.GRPCInferenceServiceBase
{
    public override Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context) =>
        predictions.AnswerAsync<OipRpcExchange, ModelInferRequest, ModelInferResponse>(pool, request, request.ModelName, request.ModelVersion, context);

    /// <summary>One answer for each request, in their order; what goes wrong with one does not end the stream.</summary>
    public override async Task ModelStreamInfer(IAsyncStreamReader<ModelInferRequest> requestStream, IServerStreamWriter<ModelStreamInferResponse> responseStream, ServerCallContext context)
    {
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            var answer = new ModelStreamInferResponse();
            try
            {
                answer.InferResponse = await ModelInfer(request, context);
            }
            catch (RpcException failed)
            {
                answer.ErrorMessage = failed.Status.Detail;
                answer.InferResponse = new ModelInferResponse { Id = request.Id };
            }

            await responseStream.WriteAsync(answer, context.CancellationToken);
        }
    }

    public override Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) => Task.FromResult(new ServerLiveResponse { Live = true });

    public override Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerReadyResponse { Ready = status.NotReadyReason is null });

    public override Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context) =>
        Task.FromResult(new ModelReadyResponse { Ready = ServedArms.Find(table.Current, request.Name, VersionOf(request.Version), out _) is not null });

    public override Task<ServerMetadataResponse> ServerMetadata(ServerMetadataRequest request, ServerCallContext context)
    {
        var answer = new ServerMetadataResponse { Name = "serving-node", Version = OpenInferenceEndpoints.ServerVersion };
        answer.Extensions.AddRange(OpenInferenceEndpoints.Extensions);
        return Task.FromResult(answer);
    }

    public override Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest request, ServerCallContext context)
    {
        var snapshot = table.Current;
        var signature = Find(snapshot, request.Name, request.Version).Release.Model.Signature;
        var answer = new ModelMetadataResponse { Name = request.Name, Platform = "onnx_onnxv1" };
        answer.Versions.AddRange(snapshot.Endpoints[request.Name].ByVersion.Keys);
        answer.Inputs.AddRange(signature.Inputs.Select(MetadataOf));
        answer.Outputs.AddRange(signature.Outputs.Select(MetadataOf));
        return Task.FromResult(answer);
    }

    public override Task<ModelStatisticsResponse> ModelStatistics(ModelStatisticsRequest request, ServerCallContext context)
    {
        var snapshot = table.Current;
        if (request.Name.Length > 0)
            Find(snapshot, request.Name, request.Version);
        var answer = new ModelStatisticsResponse();
        foreach (var one in OpenInference.ModelStatistics.Of(snapshot, registry, request.Name.Length > 0 ? request.Name : null, VersionOf(request.Version)))
            answer.ModelStats.Add(one.ToMessage(time));
        return Task.FromResult(answer);
    }

    public override Task<RepositoryIndexResponse> RepositoryIndex(RepositoryIndexRequest request, ServerCallContext context)
    {
        var answer = new RepositoryIndexResponse();
        foreach (var endpoint in table.Current.Endpoints.Values)
            answer.Models.AddRange(endpoint.ByVersion.Keys.Select(version => new RepositoryIndexResponse.Types.ModelIndex { Name = endpoint.Name, Version = version, State = "READY" }));
        return Task.FromResult(answer);
    }

    public override Task<RepositoryModelLoadResponse> RepositoryModelLoad(RepositoryModelLoadRequest request, ServerCallContext context) => throw RpcStatus.Of(Failure.ManagedElsewhere());

    public override Task<RepositoryModelUnloadResponse> RepositoryModelUnload(RepositoryModelUnloadRequest request, ServerCallContext context) => throw RpcStatus.Of(Failure.ManagedElsewhere());

    private static ServedArm Find(ServingSnapshot snapshot, string name, string version) =>
        ServedArms.Find(snapshot, name, VersionOf(version), out var failure) ?? throw RpcStatus.Of(failure!);

    private static string? VersionOf(string given) => given.Length > 0 ? given : null;

    private static ModelMetadataResponse.Types.TensorMetadata MetadataOf(TensorSpec spec)
    {
        var metadata = new ModelMetadataResponse.Types.TensorMetadata { Name = spec.Name, Datatype = spec.IsTensor() ? spec.Type : "FP32" };
        metadata.Shape.AddRange(spec.Shape ?? [-1, -1]);
        return metadata;
    }
}
