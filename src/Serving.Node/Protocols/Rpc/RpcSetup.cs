using Serving.Node.Protocols.OpenInference;
using Serving.Node.Protocols.TensorFlow;
using Serving.Node.Receive;

namespace Serving.Node.Protocols.Rpc;

/// <summary>The gRPC services, on the address that speaks HTTP/2.</summary>
internal static class RpcSetup
{
    /// <summary>A message is read whole before its endpoint, and with it the limit, is known.</summary>
    public const int LargestMessage = 64 << 20;

    public static void AddRpc(this IServiceCollection services)
    {
        services.AddGrpc(options => options.MaxReceiveMessageSize = LargestMessage);
        services.AddSingleton<RpcPredictions>();
        services.AddSingleton<UnaryInfer>().AddSingleton<ExchangePool<PlainInferExchange>>();
        services.AddSingleton<ExchangePool<OipRpcExchange>>().AddSingleton<ExchangePool<TensorFlowRpcExchange>>();
        services.AddSingleton<OpenInferenceService>().AddSingleton<TensorFlowService>().AddSingleton<TensorFlowModelService>().AddSingleton<HealthService>();
    }

    public static void MapRpc(this IEndpointRouteBuilder app)
    {
        app.MapGrpcService<OpenInferenceService>();
        app.MapGrpcService<TensorFlowService>();
        app.MapGrpcService<TensorFlowModelService>();
        app.MapGrpcService<HealthService>();
    }
}
