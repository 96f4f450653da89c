namespace Serving.Node.OpenApi;

/// <summary>
/// <c>/openapi/v1.json</c>: every path that this node answers over REST. Predictions are told apart before routing, so the document is written by hand,
/// in <c>node.json</c>; a test asks the node for each path that stands in it.
/// </summary>
internal static class OpenApiDocument
{
    private const string Resource = "openapi.json";

    public static void MapOpenApiDocument(this IEndpointRouteBuilder app) =>
        app.MapGet("/openapi/v1.json", static () => Results.Stream(typeof(OpenApiDocument).Assembly.GetManifestResourceStream(Resource)!, "application/json"));
}
