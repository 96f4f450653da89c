using Serving.Node.Protocols;
using Serving.Node.Protocols.MLflow;
using Serving.Node.Protocols.Native;
using Serving.Node.Protocols.OpenInference;
using Serving.Node.Protocols.TensorFlow;
using Serving.Node.Protocols.TorchServe;
using Serving.Node.Versions;

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
    private const string TorchServe = "/predictions/";
    private const string Infer = "/infer";

    public static void UsePredictions(this WebApplication app)
    {
        var predictions = app.Services.GetRequiredService<HttpPredictions>();
        var rpc = app.Services.GetRequiredService<UnaryInfer>();
        var native = new ExchangePool<NativeExchange>();
        var openInference = new ExchangePool<OipExchange>();
        var tensorFlow = new ExchangePool<TensorFlowExchange>();
        var torchServe = new ExchangePool<TorchServeExchange>();
        var mlflow = new ExchangePool<MlflowExchange>();
        var table = app.Services.GetRequiredService<ServingTable>();
        app.Use(next => http =>
        {
            var path = http.Request.Path.Value ?? "";
            if (IsNative(path, out var endpoint))
                return HttpMethods.IsPost(http.Request.Method) ? predictions.AnswerAsync(http, native, endpoint, default) : OnlyPost(http);
            if (IsOpenInference(path, out endpoint, out var version))
                return HttpMethods.IsPost(http.Request.Method) ? predictions.AnswerAsync(http, openInference, endpoint, version) : OnlyPost(http);
            if (TensorFlowPaths.IsVerb(path, out endpoint, out version, out var label, out var verb))
                return !HttpMethods.IsPost(http.Request.Method) ? OnlyPost(http)
                    : !verb.Equals("predict", StringComparison.OrdinalIgnoreCase) ? TensorFlowEndpoints.RefuseAsync(http, verb.ToString())
                    : predictions.AnswerAsync(http, tensorFlow, endpoint, label.IsEmpty ? version : ServedArms.VersionOf(table.Current, endpoint, label));
            if (IsTorchServe(path, out endpoint, out version))
                return HttpMethods.IsPost(http.Request.Method) || HttpMethods.IsPut(http.Request.Method) ? predictions.AnswerAsync(http, torchServe, endpoint, version) : OnlyPost(http);
            if (MlflowEndpoints.IsInvocation(path, http, table, out endpoint))
                return HttpMethods.IsPost(http.Request.Method) ? predictions.AnswerAsync(http, mlflow, endpoint, default) : OnlyPost(http);
            return UnaryInfer.IsFor(http, path) ? rpc.AnswerAsync(http) : next(http);
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

    /// <summary><c>/predictions/{model}[/{version}]</c>.</summary>
    /// <param name="version">Empty when none is named.</param>
    public static bool IsTorchServe(string path, out ReadOnlySpan<char> endpoint, out ReadOnlySpan<char> version)
    {
        endpoint = version = default;
        if (!path.StartsWith(TorchServe, StringComparison.Ordinal))
            return false;
        endpoint = path.AsSpan(TorchServe.Length);
        if (endpoint.IndexOf('/') is >= 0 and var slash)
        {
            version = endpoint[(slash + 1)..];
            endpoint = endpoint[..slash];
        }

        return !endpoint.IsEmpty && !version.Contains('/') && !path.EndsWith('/');
    }

    private static Task OnlyPost(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
        http.Response.Headers.Allow = HttpMethods.Post;
        return Task.CompletedTask;
    }
}
