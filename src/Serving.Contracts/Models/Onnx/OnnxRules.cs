namespace Serving.Contracts.Models.Onnx;

/// <summary>What a scanned file may refer to.</summary>
internal static class OnnxRules
{
    // Those ONNX Runtime itself implements on a processor.
    private static readonly HashSet<string> _domains = new(StringComparer.Ordinal) { "", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "com.microsoft", "com.microsoft.nchwc", "ai.onnx.preview.training" };

    public static void CheckOperators(OnnxWalk walk, OnnxLimits limits)
    {
        foreach (var (domain, version) in walk.Opsets)
        {
            var most = domain switch { "" or "ai.onnx" => limits.MaxOpset, "ai.onnx.ml" => limits.MaxMlOpset, _ => long.MaxValue };
            if (version > most)
            {
                throw new OnnxDefectException(ModelChecks.Operators, $"The file needs operator set {version} of {(domain.Length == 0 ? "ai.onnx" : domain)}; the nodes' runtime knows up to {most}.",
                    $"Export with target_opset={most} or lower.");
            }
        }

        foreach (var domain in walk.UsedDomains)
        {
            if (!_domains.Contains(domain) && !walk.FunctionDomains.Contains(domain))
            {
                throw new OnnxDefectException(ModelChecks.Operators, $"The model uses operators of the domain {domain}, which no node has.",
                    "Export with standard operators only. Libraries of custom operators are never loaded.");
            }
        }
    }

    public static void CheckExternal(IReadOnlyCollection<string> files, IReadOnlySet<string> siblings)
    {
        foreach (var file in files)
        {
            if (file.Length == 0 || Path.IsPathRooted(file) || file.Contains("..", StringComparison.Ordinal) || file.Contains('/') || file.Contains('\\') || file.Contains(':'))
            {
                throw new OnnxDefectException(ModelChecks.ExternalData, $"The model keeps weights in {file}, outside its own folder.",
                    "Save the model with its external data in files beside it (onnx.save_model with location set to a plain file name).");
            }

            if (!siblings.Contains(file))
            {
                throw new OnnxDefectException(ModelChecks.ExternalData, $"The model keeps weights in {file}, which was not uploaded with it.",
                    "Upload the model and its data files together: as a zip, or as the parts model and data.");
            }
        }
    }
}
