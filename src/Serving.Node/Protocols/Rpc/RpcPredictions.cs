using Google.Protobuf;
using Grpc.Core;
using Serving.Node.Metrics;
using Serving.Node.Receive;
using Serving.Node.Respond;
using Serving.Node.Route;
using Serving.Node.Tensors;
using Serving.Node.Versions;

namespace Serving.Node.Protocols.Rpc;

/// <summary>Predictions that come by gRPC, through the same stages as those by HTTP. Thread-safe.</summary>
internal sealed class RpcPredictions(ServingTable table, Prediction prediction, SeriesRegistry registry, TimeProvider time)
{
    /// <summary>A call of the library's, whose answer is a message.</summary>
    /// <param name="version">Null or empty: as routed.</param>
    /// <exception cref="RpcException">There is no answer; its status says why.</exception>
    public async Task<TAnswer> AnswerAsync<TExchange, TRequest, TAnswer>(
        ExchangePool<TExchange> pool, TRequest request, string endpoint, string? version, ServerCallContext context)
        where TExchange : RpcExchange<TRequest, TAnswer>, new()
        where TRequest : class, IMessage
        where TAnswer : class
    {
        var exchange = pool.Rent();
        exchange.Request = request;
        var buffer = ResponseBuffer.Rent();
        try
        {
            Begin(exchange, context.GetHttpContext(), version, TimeoutOf(context));
            var failure = Find(exchange, endpoint) ?? await AnswerAsync(exchange, request.CalculateSize(), buffer);
            return failure is null ? exchange.Answer! : throw RpcStatus.Of(failure);
        }
        finally
        {
            buffer.Return();
            pool.Return(exchange);
        }
    }

    /// <param name="version">Null or empty: as routed.</param>
    /// <param name="timeoutUs">Microseconds the caller gives us; 0: it does not say.</param>
    public void Begin(Exchange exchange, HttpContext http, string? version, long timeoutUs)
    {
        exchange.Began = time.GetTimestamp();
        exchange.Http = http;
        exchange.Version = version is { Length: > 0 } ? version : null;
        exchange.TimeoutUs = timeoutUs;
        exchange.RequestId = RequestIds.Of(http.Request, time);
        if (!http.Response.HasStarted)
            http.Response.Headers[RequestIds.Header] = exchange.RequestId;
    }

    /// <returns>Why the endpoint is not here; null: it was found.</returns>
    public Failure? Find(Exchange exchange, ReadOnlySpan<char> endpoint)
    {
        var snapshot = table.Current;
        if (snapshot.Find(endpoint) is { } served)
        {
            exchange.Endpoint = served;
            return null;
        }

        registry.CountUnknown();
        return snapshot.Revision == 0 ? Failure.NoConfiguration() : Failure.UnknownEndpoint(endpoint.ToString());
    }

    /// <summary>The stages after the endpoint was found.</summary>
    /// <param name="size">Bytes of the request.</param>
    /// <returns>Why there is no answer; null: it is in <paramref name="into"/>, or in the exchange where that holds it as a message.</returns>
    public async ValueTask<Failure?> AnswerAsync(Exchange exchange, int size, ResponseBuffer into)
    {
        var served = exchange.Endpoint;
        if (!served.Admission.TryEnter(served.State.Limits.MaxConcurrency))
        {
            if (served.Arms.Length > 0)
                served.Arms[^1].Counters.Refused();
            return Failure.Overloaded(served.Name, served.State.Limits.MaxConcurrency);
        }

        try
        {
            ReadCaller(exchange, exchange.Http!.Request, size);
            return prediction.Route(exchange) ?? await RoutedAsync(exchange.Http, exchange, into);
        }
        catch (BadInputException bad)
        {
            return new Failure(bad.Status, "InvalidInput", bad.Message, bad.Field);
        }
        finally
        {
            served.Admission.Leave();
        }
    }

    private long TimeoutOf(ServerCallContext context) => context.Deadline is { Ticks: > 0 } deadline && deadline != DateTime.MaxValue
        ? Math.Max(1, (long)(deadline - time.GetUtcNow().UtcDateTime).TotalMicroseconds)
        : 0;

    private async ValueTask<Failure?> RoutedAsync(HttpContext http, Exchange exchange, ResponseBuffer buffer)
    {
        var answered = StatusCodes.Status500InternalServerError;
        try
        {
            if (!http.Response.HasStarted)
                AnswerHeaders.Name(http.Response, exchange.Arm);
            var (failure, _) = await prediction.AnswerAsync(exchange, buffer);
            answered = failure?.Status ?? StatusCodes.Status200OK;
            if (!http.Response.HasStarted)
                AnswerHeaders.Source(http.Response, exchange);
            return failure;
        }
        finally
        {
            prediction.Finish(exchange, answered);
        }
    }

    private static void ReadCaller(Exchange exchange, HttpRequest request, int size)
    {
        var most = exchange.Endpoint.State.Limits.MaxBodyBytes;
        if (size > most)
            throw RequestBody.TooLong(most);
        if (request.Headers.TryGetValue(Caller.Entities, out var entities))
            exchange.Entities = Caller.ReadEntities(entities.ToString());
        if (request.Headers.TryGetValue(Caller.AssignmentKey, out var header) && header.ToString() is { Length: > 0 } given)
            exchange.Unit = given;
    }
}
