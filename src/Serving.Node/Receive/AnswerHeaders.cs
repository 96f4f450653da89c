using Serving.Node.Versions;

namespace Serving.Node.Receive;

/// <summary>What every answer says of who gave it, on every protocol.</summary>
internal static class AnswerHeaders
{
    /// <summary>A request with this header is told where its time went.</summary>
    public const string Timing = "X-Server-Timing";

    /// <summary>There only where a kept answer was given: <c>cache</c>.</summary>
    public const string ServedFrom = "X-Served-From";

    /// <summary><c>Server-Timing</c>, milliseconds: receiving and reading, waiting for a run, the model, writing.</summary>
    public static void Time(HttpContext http, Exchange exchange, TimeProvider time)
    {
        if (exchange.Done == 0 || !http.Request.Headers.ContainsKey(Timing))
            return;
        http.Response.Headers["Server-Timing"] = string.Create(System.Globalization.CultureInfo.InvariantCulture,
            $"read;dur={Between(exchange.Began, exchange.Asked)}, {(exchange.Hit is null ? "queue" : "cache")};dur={Between(exchange.Asked, exchange.Ran)}, infer;dur={Between(exchange.Ran, exchange.Done)}, write;dur={Between(exchange.Done, time.GetTimestamp())}");

        string Between(long from, long to) => time.GetElapsedTime(from, Math.Max(from, to)).TotalMilliseconds.ToString("0.###", System.Globalization.CultureInfo.InvariantCulture);
    }

    public static void Source(HttpResponse response, Exchange exchange)
    {
        if (exchange.Hit is not null)
            response.Headers[ServedFrom] = "cache";
    }

    public static void Name(HttpResponse response, ServedArm arm)
    {
        var headers = response.Headers;
        headers["X-Release"] = arm.Release.Id;
        headers["X-Model-Version"] = arm.Release.State.Version;
        headers["X-Arm"] = arm.Name;
    }
}
