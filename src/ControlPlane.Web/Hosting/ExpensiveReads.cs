using Microsoft.AspNetCore.Http.Timeouts;

namespace ControlPlane.Web.Hosting;

/// <summary>Reads that a caller can make as large as it likes are given up after a while.</summary>
internal static class ExpensiveReads
{
    /// <summary>The longest span of time that series are given of.</summary>
    public static readonly TimeSpan LongestSpan = TimeSpan.FromDays(92);

    private const string Policy = "expensive-read";
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(5);

    public static IServiceCollection AddExpensiveReads(this IServiceCollection services) => services.AddRequestTimeouts(timeouts => timeouts.AddPolicy(Policy, new RequestTimeoutPolicy
    {
        Timeout = _longest,
        TimeoutStatusCode = StatusCodes.Status503ServiceUnavailable,
        WriteTimeoutResponse = AnswerAsync,
    }));

    public static TBuilder GivenUpInTime<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder
    {
        endpoint.WithRequestTimeout(Policy);
        return endpoint;
    }

    private static Task AnswerAsync(HttpContext http)
    {
        // What was given up is the read; the caller is still there.
        http.RequestAborted = CancellationToken.None;
        return Problems.WriteAsync(http, Problems.Details(
            StatusCodes.Status503ServiceUnavailable, "TooExpensive", $"This read was given up after {_longest.TotalSeconds:0} s. Serving is not affected. Ask for less time or fewer rows."));
    }
}
