namespace Serving.Node.Protocols.TensorFlow;

/// <summary><c>/v1/models/{model}[/versions/{number}|/labels/{label}][:verb|/metadata]</c>, its fixed words in any case.</summary>
internal static class TensorFlowPaths
{
    private const string Models = "/v1/models/";
    private const string Versions = "/versions/";
    private const string Labels = "/labels/";

    /// <param name="version">Empty when none is named.</param>
    /// <param name="label">Empty when none is named.</param>
    /// <param name="verb">What follows the last colon.</param>
    public static bool IsVerb(string path, out ReadOnlySpan<char> model, out ReadOnlySpan<char> version, out ReadOnlySpan<char> label, out ReadOnlySpan<char> verb)
    {
        model = version = label = verb = default;
        var colon = path.LastIndexOf(':');
        if (colon < 0 || !path.StartsWith(Models, StringComparison.OrdinalIgnoreCase))
            return false;
        verb = path.AsSpan(colon + 1);
        var between = path.AsSpan(Models.Length, Math.Max(0, colon - Models.Length));
        var slash = between.IndexOf('/');
        model = slash < 0 ? between : between[..slash];
        if (model.IsEmpty || slash < 0)
            return !model.IsEmpty;
        var rest = between[slash..];
        if (rest.StartsWith(Versions, StringComparison.OrdinalIgnoreCase))
            version = rest[Versions.Length..];
        else if (rest.StartsWith(Labels, StringComparison.OrdinalIgnoreCase))
            label = rest[Labels.Length..];
        return (!version.IsEmpty && !version.Contains('/')) || (!label.IsEmpty && !label.Contains('/'));
    }

    public static string ModelOf(string path) => IsVerb(path, out var model, out _, out _, out _) ? model.ToString() : "";
}
