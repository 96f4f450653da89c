namespace Serving.Node.Receive;

/// <summary>The native prediction path.</summary>
internal static class PredictEndpoints
{
    public static void MapPredict(this IEndpointRouteBuilder app) =>
        app.MapPost("/predict/{endpoint}", static (HttpContext http, string endpoint, Prediction prediction) => prediction.NativeAsync(http, endpoint));
}
