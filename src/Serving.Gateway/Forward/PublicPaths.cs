using System.Buffers;
using System.Collections.Frozen;

namespace Serving.Gateway.Forward;

/// <summary>
/// The paths that callers of models may use. What is not named here is not passed on: a node bound to loopback tells its machine more than the world may know,
/// and a list of what is forbidden would have to foresee every way to write it.
/// </summary>
internal static class PublicPaths
{
    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> _first = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "predict", "outcomes", // ours
        "v1", "v2", // TensorFlow Serving, KServe, Open Inference
        "predictions", "explanations", "models", "ping", // TorchServe
        "invocations", "serving-endpoints", "health", "version", // MLflow
        "inference.GRPCInferenceService", "tensorflow.serving.PredictionService", "tensorflow.serving.ModelService", "grpc.health.v1.Health")
        .GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>What no name of a model, version or verb holds: an escape that is still there after decoding, and what some servers take for a slash or an end.</summary>
    private static readonly SearchValues<char> _never = SearchValues.Create([.. "%\\;", .. Enumerable.Range(0, ' ').Select(control => (char)control)]);

    /// <param name="path">Decoded, its dot segments removed, as the web server gives it.</param>
    public static bool Has(ReadOnlySpan<char> path)
    {
        if (path.Length < 2 || path[0] != '/' || path.ContainsAny(_never) || path.Contains("//", StringComparison.Ordinal) || path.Contains("/.", StringComparison.Ordinal))
            return false;
        var rest = path[1..];
        var end = rest.IndexOf('/');
        return _first.Contains(end < 0 ? rest : rest[..end]);
    }
}
