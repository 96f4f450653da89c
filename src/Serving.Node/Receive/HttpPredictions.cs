using Serving.Node.Metrics;
using Serving.Node.Respond;
using Serving.Node.Route;
using Serving.Node.Tensors;
using Serving.Node.Versions;

namespace Serving.Node.Receive;

/// <summary>Predictions that come by HTTP: admission, the body, headers, and the answer in one piece. Allocates nothing but the request id while nothing waits.</summary>
internal sealed class HttpPredictions(ServingTable table, Prediction prediction, NodeStatus status, SeriesRegistry registry, TimeProvider time)
{
    private const string RetrySeconds = "1";

    /// <param name="pool">Where the exchange is taken from and put back.</param>
    /// <param name="version">Empty: as routed.</param>
    public Task AnswerAsync<T>(HttpContext http, ExchangePool<T> pool, ReadOnlySpan<char> endpoint, ReadOnlySpan<char> version)
        where T : Exchange, new()
    {
        var exchange = pool.Rent();
        exchange.Began = time.GetTimestamp();
        exchange.Http = http;
        exchange.RequestId = RequestIds.Of(http.Request, time);
        http.Response.Headers[RequestIds.Header] = exchange.RequestId;
        // Callers that keep their connection would meet a closed one when the process ends.
        if (status.IsDraining)
            http.Response.Headers.Connection = "close";
        if (!version.IsEmpty)
            exchange.Version = version.ToString();

        var snapshot = table.Current;
        if (snapshot.Find(endpoint) is { } served)
        {
            exchange.Endpoint = served;
            return AdmitAsync(http, pool, exchange);
        }

        registry.CountUnknown();
        return RefuseAsync(http, pool, exchange, snapshot.Revision == 0 ? Failure.NoConfiguration() : Failure.UnknownEndpoint(endpoint.ToString()));
    }

    private static async Task RefuseAsync<T>(HttpContext http, ExchangePool<T> pool, T exchange, Failure failure)
        where T : Exchange, new()
    {
        await FailAsync(http, exchange, failure);
        pool.Return(exchange);
    }

    private async Task AdmitAsync<T>(HttpContext http, ExchangePool<T> pool, T exchange)
        where T : Exchange, new()
    {
        var endpoint = exchange.Endpoint;
        var limits = endpoint.State.Limits;
        if (!endpoint.Admission.TryEnter(limits.MaxConcurrency))
        {
            RefuseFor(http.Response, endpoint);
            await RefuseAsync(http, pool, exchange, Failure.Overloaded(endpoint.Name, limits.MaxConcurrency));
            return;
        }

        try
        {
            await AdmittedAsync(http, exchange);
        }
        finally
        {
            endpoint.Admission.Leave();
        }

        pool.Return(exchange);
    }

    /// <summary>Refused before the body was read: with one arm it is known who would have answered.</summary>
    private static void RefuseFor(HttpResponse response, ServedEndpoint endpoint)
    {
        if (endpoint.Arms.Length == 0)
            return;
        endpoint.Arms[^1].Counters.Refused();
        if (endpoint.Arms.Length == 1)
            AnswerHeaders.Name(response, endpoint.Arms[0]);
    }

    private async Task AdmittedAsync(HttpContext http, Exchange exchange)
    {
        RequestBody body = default;
        try
        {
            if (await ReceiveAsync(http.Request, exchange) is var (received, refused) && refused is not null)
            {
                if (exchange.Endpoint.Arms.Length == 1)
                    AnswerHeaders.Name(http.Response, exchange.Endpoint.Arms[0]);
                await FailAsync(http, exchange, refused);
                return;
            }

            body = received;
            if (prediction.Route(exchange) is { } unknown)
                await FailAsync(http, exchange, unknown);
            else
                await RoutedAsync(http, exchange);
        }
        finally
        {
            body.Dispose();
        }
    }

    private static async ValueTask<(RequestBody Body, Failure? Refused)> ReceiveAsync(HttpRequest request, Exchange exchange)
    {
        RequestBody body = default;
        try
        {
            body = await RequestBody.ReadAsync(request, exchange.Endpoint.State.Limits.MaxBodyBytes);
            exchange.Body = body.Memory;
            await exchange.PrepareAsync(request);
            ReadCaller(request, exchange);
            return (body, null);
        }
        catch (BadInputException bad)
        {
            body.Dispose();
            return (default, new Failure(bad.Status, CodeOf(bad.Status), bad.Message, bad.Field));
        }
    }

    private static string CodeOf(int status) => status switch
    {
        StatusCodes.Status413PayloadTooLarge => "BodyTooLarge",
        StatusCodes.Status415UnsupportedMediaType => "UnsupportedMediaType",
        _ => "InvalidInput",
    };

    private async Task RoutedAsync(HttpContext http, Exchange exchange)
    {
        var answered = StatusCodes.Status500InternalServerError;
        var buffer = ResponseBuffer.Rent();
        try
        {
            AnswerHeaders.Name(http.Response, exchange.Arm);
            var (failure, contentType) = await prediction.AnswerAsync(exchange, buffer);
            answered = failure?.Status ?? StatusCodes.Status200OK;
            if (exchange.AnsweredInPlace is not null)
                return;
            if (failure is null)
                exchange.WriteHeaders(http.Response);
            else
                Retry(http.Response, failure);
            AnswerHeaders.Source(http.Response, exchange);
            AnswerHeaders.Time(http, exchange, time);
            await CompressedAnswers.SendAsync(buffer, http, answered, contentType);
        }
        finally
        {
            prediction.Finish(exchange, answered);
            buffer.Return();
        }
    }

    private static async Task FailAsync(HttpContext http, Exchange exchange, Failure failure)
    {
        Retry(http.Response, failure);
        var buffer = ResponseBuffer.Rent();
        try
        {
            var contentType = exchange.WriteFailure(buffer, failure);
            await buffer.SendAsync(http.Response, failure.Status, contentType);
        }
        finally
        {
            buffer.Return();
        }
    }

    private static void Retry(HttpResponse response, Failure failure)
    {
        if (failure.Status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
            response.Headers.RetryAfter = RetrySeconds;
    }

    private static void ReadCaller(HttpRequest request, Exchange exchange)
    {
        if (request.Headers.TryGetValue(Caller.Entities, out var entities))
            exchange.Entities = Caller.ReadEntities(entities.ToString());
        if (exchange.UnitInBodyFirst && exchange.UnitInBody(exchange.Endpoint.State.AssignmentKey) is { } inBody)
            exchange.Unit = inBody;
        else if (request.Headers.TryGetValue(Caller.AssignmentKey, out var header) && header.ToString() is { Length: > 0 } given)
            exchange.Unit = given;
    }
}
