using System.Diagnostics;

namespace Serving.Node.Receive;

/// <summary>
/// A span for a request that carries <c>traceparent</c>, and one for each of its phases. They are made when the request is over, from the times that
/// were taken anyway: while nobody listens they cost one look.
/// </summary>
internal static class RequestSpans
{
    public const string SourceName = "Serving.Node";

    private const string Parent = "traceparent";
    private const string State = "tracestate";

    private static readonly ActivitySource _source = new(SourceName);

    /// <param name="status">HTTP status of the answer.</param>
    /// <param name="ended">Timestamp of <paramref name="time"/> when the answer had been sent.</param>
    public static void Write(Exchange exchange, int status, long ended, TimeProvider time)
    {
        if (_source.HasListeners() && exchange.Http?.Request.Headers is { } headers && headers.TryGetValue(Parent, out var parent)
            && ActivityContext.TryParse(parent, headers[State], isRemote: true, out var context))
            Write(exchange, context, status, ended, time);
    }

    private static void Write(Exchange exchange, ActivityContext context, int status, long ended, TimeProvider time)
    {
        var began = time.GetUtcNow() - time.GetElapsedTime(exchange.Began, ended);
        using var request = _source.StartActivity($"predict {exchange.Endpoint.Name}", ActivityKind.Server, context, startTime: began);
        if (request is null)
            return;

        Describe(request, exchange, status);
        if (exchange.Asked > 0)
            Phase("read", exchange.Began, exchange.Asked);
        if (exchange.Done > 0)
        {
            Phase(exchange.Hit is null ? "queue" : "cache", exchange.Asked, exchange.Ran);
            if (exchange.Hit is null)
                Phase("infer", exchange.Ran, exchange.Done);
            Phase("write", exchange.Done, ended);
        }

        request.SetEndTime(At(ended));

        void Phase(string name, long from, long to)
        {
            using var span = _source.StartActivity(name, ActivityKind.Internal, request.Context, startTime: At(from));
            span?.SetEndTime(At(to));
        }

        DateTime At(long timestamp) => (began + time.GetElapsedTime(exchange.Began, timestamp)).UtcDateTime;
    }

    /// <summary>Never a feature's value: only who answered, and how.</summary>
    private static void Describe(Activity request, Exchange exchange, int status)
    {
        request.SetTag("serving.endpoint", exchange.Endpoint.Name);
        request.SetTag("serving.release", exchange.Arm.Release.Id);
        request.SetTag("serving.model", exchange.Arm.Release.State.Model);
        request.SetTag("serving.version", exchange.Arm.Release.State.Version);
        request.SetTag("serving.arm", exchange.Arm.Name);
        request.SetTag("serving.protocol", exchange.Protocol);
        request.SetTag("serving.request_id", exchange.RequestId);
        request.SetTag("serving.rows", exchange.Rows);
        request.SetTag("serving.served_from", exchange.Hit is null ? "model" : "cache");
        request.SetTag("http.response.status_code", status);
        if (status >= StatusCodes.Status500InternalServerError)
            request.SetStatus(ActivityStatusCode.Error);
    }
}
