namespace ControlPlane.Web.Hosting;

/// <summary><c>/healthz/live</c>: the process answers. <c>/healthz/ready</c>: so does all that it needs. What is awaited is said on this machine only.</summary>
internal static class Health
{
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(5);

    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        // Answered before anybody looks at a token, for which the database is needed.
        app.MapGet("/healthz/live", () => TypedResults.Ok(new HealthAnswer("live", []))).ShortCircuit().AllowAnonymous().ExcludeFromDescription();
        app.MapGet("/healthz/ready", ReadyAsync).ShortCircuit().AllowAnonymous().ExcludeFromDescription();
    }

    private static async Task<IResult> ReadyAsync(IEnumerable<IReadinessCheck> checks, TimeProvider time, HttpContext http, CancellationToken cancel)
    {
        using var timeout = new CancellationTokenSource(_longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancel);
        var waiting = new List<HealthWait>();
        foreach (var check in checks)
        {
            if (await AskAsync(check, either.Token) is { } reason)
                waiting.Add(new HealthWait(check.Name, reason));
        }

        if (waiting.Count == 0)
            return TypedResults.Ok(new HealthAnswer("ready", []));
        http.Response.Headers.RetryAfter = "2";
        return TypedResults.Json(new HealthAnswer("notReady", Requests.IsFromHere(http) ? waiting : []), statusCode: StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<string?> AskAsync(IReadinessCheck check, CancellationToken cancel)
    {
        try
        {
            return await check.WhyNotAsync(cancel);
        }
        catch (OperationCanceledException)
        {
            return "It did not answer in time.";
        }
    }

    private sealed record HealthAnswer(string Status, IReadOnlyList<HealthWait> WaitingFor);

    private sealed record HealthWait(string Name, string Reason);
}
