namespace Serving.Node.Respond;

/// <summary>Why a request was not answered with a prediction.</summary>
/// <param name="Code">Stable, PascalCase.</param>
/// <param name="Field">The member of the request that is to blame, or null.</param>
internal sealed record Failure(int Status, string Code, string Message, string? Field = null)
{
    public static Failure UnknownEndpoint(string name) =>
        new(StatusCodes.Status404NotFound, "UnknownEndpoint", $"This node serves no endpoint {name}.");

    public static Failure UnknownVersion(string endpoint, string version) =>
        new(StatusCodes.Status404NotFound, "UnknownVersion", $"Version {version} of endpoint {endpoint} is not loaded here.");

    public static Failure NothingLoaded(string endpoint) =>
        new(StatusCodes.Status503ServiceUnavailable, "NothingLoaded", $"Endpoint {endpoint} has no release yet.");

    public static Failure NoConfiguration() =>
        new(StatusCodes.Status503ServiceUnavailable, "NoConfiguration", "This node has no desired state yet.");

    public static Failure Overloaded(string endpoint, int most) =>
        new(StatusCodes.Status429TooManyRequests, "ResourceExhausted", $"Endpoint {endpoint} has {most} requests under way in this node, as many as it takes. Try again shortly.");

    public static Failure Deadline(int milliseconds) =>
        new(StatusCodes.Status504GatewayTimeout, "DeadlineExceeded", $"The prediction took longer than {milliseconds} ms and was ended.");

    public static Failure Model(string message) =>
        new(StatusCodes.Status500InternalServerError, "ModelFailed", $"The model failed on this input: {message}");

    public static Failure Draining() =>
        new(StatusCodes.Status503ServiceUnavailable, "ShuttingDown", "This node is shutting down.");
}
