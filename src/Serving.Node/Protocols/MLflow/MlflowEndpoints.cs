using Serving.Node.Protocols.OpenInference;
using Serving.Node.Respond;
using Serving.Node.Versions;

namespace Serving.Node.Protocols.MLflow;

/// <summary>The scoring server names no model: it is in the path before it, in a header, or the only one there is.</summary>
internal static class MlflowEndpoints
{
    private const string Serving = "/serving-endpoints/";
    private const string Invocations = "/invocations";
    private const string EndpointHeader = "X-Endpoint";

    /// <summary>Plain <c>/ping</c> is answered as TorchServe does: both judge by the status.</summary>
    public static void MapMlflow(this IEndpointRouteBuilder app)
    {
        app.MapGet("/health", static (HttpContext http, ServingTable table) => Health(http, Only(http, table.Current), table));
        app.MapGet("/version", static () => Results.Text(OpenInferenceEndpoints.ServerVersion));
        app.MapGet(Serving + "{endpoint}/ping", static (HttpContext http, string endpoint, ServingTable table) => Health(http, endpoint, table));
        app.MapGet(Serving + "{endpoint}/health", static (HttpContext http, string endpoint, ServingTable table) => Health(http, endpoint, table));
        app.MapGet(Serving + "{endpoint}/version", static () => Results.Text(OpenInferenceEndpoints.ServerVersion));
    }

    /// <param name="endpoint">Empty: none is named, and there is not exactly one.</param>
    public static bool IsInvocation(string path, HttpContext http, ServingTable table, out ReadOnlySpan<char> endpoint)
    {
        endpoint = default;
        if (path == Invocations)
        {
            endpoint = Only(http, table.Current);
            return true;
        }

        if (!path.StartsWith(Serving, StringComparison.Ordinal) || !path.EndsWith(Invocations, StringComparison.Ordinal) || path.Length <= Serving.Length + Invocations.Length)
            return false;
        endpoint = path.AsSpan(Serving.Length, path.Length - Serving.Length - Invocations.Length);
        return !endpoint.Contains('/');
    }

    private static string Only(HttpContext http, ServingSnapshot snapshot)
    {
        if (http.Request.Headers[EndpointHeader].ToString() is { Length: > 0 } named)
            return named;
        return snapshot.Endpoints.Count == 1 ? snapshot.Endpoints.Keys[0] : "";
    }

    private static Task Health(HttpContext http, string endpoint, ServingTable table) =>
        ServedArms.Find(table.Current, endpoint, null, out _) is null
            ? JsonAnswers.SendAsync(http, StatusCodes.Status404NotFound, into => MlflowFailure.Write(into, Failure.UnknownEndpoint(endpoint)))
            : JsonAnswers.SendAsync(http, StatusCodes.Status200OK, static into =>
            {
                into.Append("\n"u8);
                return "application/json";
            });
}
