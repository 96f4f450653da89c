namespace Serving.Node.Receive;

/// <summary>
/// The paths that predictions come by, told apart before routing: a route table, its values and the binding of their parameters
/// cost as much as a small model's run.
/// </summary>
internal static class PredictionPaths
{
    private const string Native = "/predict/";
    private const string OpenInference = "/v2/models/";
    private const string Versions = "/versions/";
    private const string Infer = "/infer";

    public static void UsePredictions(this WebApplication app)
    {
        var predictions = app.Services.GetRequiredService<HttpPredictions>();
        var native = new ExchangePool<NativeExchange>();
        var openInference = new ExchangePool<OipExchange>();
        app.Use(next => http =>
        {
            var path = http.Request.Path.Value ?? "";
            if (IsNative(path, out var endpoint))
                return HttpMethods.IsPost(http.Request.Method) ? predictions.AnswerAsync(http, native, endpoint, default) : OnlyPost(http);
            if (IsOpenInference(path, out endpoint, out var version))
                return HttpMethods.IsPost(http.Request.Method) ? predictions.AnswerAsync(http, openInference, endpoint, version) : OnlyPost(http);
            return next(http);
        });
        app.UseRouting();
    }

    /// <summary><c>/predict/{endpoint}</c>.</summary>
    public static bool IsNative(string path, out ReadOnlySpan<char> endpoint)
    {
        endpoint = default;
        if (!path.StartsWith(Native, StringComparison.Ordinal) || path.Length == Native.Length || path.AsSpan(Native.Length).Contains('/'))
            return false;
        endpoint = path.AsSpan(Native.Length);
        return true;
    }

    /// <summary><c>/v2/models/{model}[/versions/{version}]/infer</c>.</summary>
    /// <param name="version">Empty when none is named.</param>
    public static bool IsOpenInference(string path, out ReadOnlySpan<char> endpoint, out ReadOnlySpan<char> version)
    {
        endpoint = version = default;
        if (!path.StartsWith(OpenInference, StringComparison.Ordinal) || !path.EndsWith(Infer, StringComparison.Ordinal) || path.Length <= OpenInference.Length + Infer.Length)
            return false;

        var between = path.AsSpan(OpenInference.Length, path.Length - OpenInference.Length - Infer.Length);
        var slash = between.IndexOf('/');
        if (slash < 0)
        {
            endpoint = between;
            return true;
        }

        if (slash == 0 || !between[slash..].StartsWith(Versions, StringComparison.Ordinal) || between[(slash + Versions.Length)..] is not { IsEmpty: false } number || number.Contains('/'))
            return false;
        endpoint = between[..slash];
        version = number;
        return true;
    }

    private static Task OnlyPost(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
        http.Response.Headers.Allow = HttpMethods.Post;
        return Task.CompletedTask;
    }
}
