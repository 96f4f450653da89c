namespace Serving.Node.Respond;

/// <summary>Why a request was not answered with a prediction.</summary>
/// <param name="Code">Stable, PascalCase.</param>
/// <param name="Field">The member of the request that is to blame, or null.</param>
internal sealed record Failure(int Status, string Code, string Message, string? Field = null)
{
    public static Failure UnknownEndpoint(string name) =>
        new(StatusCodes.Status404NotFound, "UnknownEndpoint", name.Length > 0 ? $"This node serves no endpoint {name}." : "This path names no endpoint and there is not exactly one here: name it with the header X-Endpoint or the path /serving-endpoints/{endpoint}/invocations.");

    public static Failure UnknownVersion(string endpoint, string version) =>
        new(StatusCodes.Status404NotFound, "UnknownVersion", $"Version {version} of endpoint {endpoint} is not loaded here.");

    public static Failure NothingLoaded(string endpoint) =>
        new(StatusCodes.Status503ServiceUnavailable, "NothingLoaded", $"Endpoint {endpoint} has no release yet.");

    public static Failure NoConfiguration() =>
        new(StatusCodes.Status503ServiceUnavailable, "NoConfiguration", "This node has no desired state yet.");

    public static Failure Overloaded(string endpoint, int most) =>
        new(StatusCodes.Status429TooManyRequests, "ResourceExhausted", $"Endpoint {endpoint} has {most} requests under way in this node, as many as it takes. Try again shortly.");

    /// <summary>Nobody reads this answer; it is counted and logged.</summary>
    public static Failure CallerGone { get; } = new(StatusCodes.Status499ClientClosedRequest, "CallerGone", "The caller closed the connection before its prediction began.");

    public static Failure WouldWait(string endpoint, TimeSpan wait) =>
        new(StatusCodes.Status429TooManyRequests, "ResourceExhausted", $"What waits for endpoint {endpoint} already takes {(long)Math.Ceiling(wait.TotalMilliseconds)} ms, longer than this request has. Try again shortly.");

    public static Failure Deadline(TimeSpan given) =>
        new(StatusCodes.Status504GatewayTimeout, "DeadlineExceeded", $"The prediction took longer than {given.TotalMilliseconds:0.###} ms and was ended.");

    public static Failure Unavailable(string why, bool wasRunning) => wasRunning
        ? new(StatusCodes.Status502BadGateway, "WorkerCrashed", $"{why} This request was in it; sent again it may be answered.")
        : new(StatusCodes.Status503ServiceUnavailable, "ReleaseUnavailable", why);

    public static Failure Model(string message) =>
        new(StatusCodes.Status500InternalServerError, "ModelFailed", $"The model failed on this input: {message}");

    public static Failure ManagedElsewhere() =>
        new(StatusCodes.Status405MethodNotAllowed, "ManagedByControlPlane", "What a node serves is decided by the control plane: deploy, scale and remove there (its pages, cpctl, or POST /api/v1/environments/{environment}/endpoints/{endpoint}/deploy). Traffic is as it was.");

    public static Failure Draining() =>
        new(StatusCodes.Status503ServiceUnavailable, "ShuttingDown", "This node is shutting down.");
}
