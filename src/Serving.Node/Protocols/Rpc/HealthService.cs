using Grpc.Core;
using Grpc.Health.V1;
using Serving.Node.Versions;

namespace Serving.Node.Protocols.Rpc;

/// <summary>gRPC's own health protocol: the whole node under the empty name and under the names of its services, an endpoint under its name.</summary>
internal sealed class HealthService(NodeStatus status, ServingTable table, TimeProvider time) : Health.HealthBase
{
    private static readonly TimeSpan _look = TimeSpan.FromSeconds(1);
    private static readonly string[] _whole = ["", "inference.GRPCInferenceService", "tensorflow.serving.PredictionService", "tensorflow.serving.ModelService"];

    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context) => Now(request.Service) is { } known
        ? Task.FromResult(new HealthCheckResponse { Status = known })
        : throw new RpcException(new Status(StatusCode.NotFound, $"No service and no endpoint is called {request.Service}."));

    public override async Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        HealthCheckResponse.Types.ServingStatus? told = null;
        using var ticks = new PeriodicTimer(_look, time);
        do
        {
            var now = Now(request.Service) ?? HealthCheckResponse.Types.ServingStatus.ServiceUnknown;
            if (now == told)
                continue;
            await responseStream.WriteAsync(new HealthCheckResponse { Status = now }, context.CancellationToken);
            told = now;
        }
        while (await ticks.WaitForNextTickAsync(context.CancellationToken));
    }

    private HealthCheckResponse.Types.ServingStatus? Now(string service)
    {
        if (!_whole.Contains(service) && !table.Current.Endpoints.ContainsKey(service))
            return null;
        var serves = status.NotReadyReason is null && (_whole.Contains(service) || table.Current.Endpoints[service].Arms.Length > 0);
        return serves ? HealthCheckResponse.Types.ServingStatus.Serving : HealthCheckResponse.Types.ServingStatus.NotServing;
    }
}
