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

    /// <param name="siblings">Names and sizes of the files that came with the model.</param>
    public static void CheckExternal(IReadOnlyDictionary<string, List<ExternalRange>> external, IReadOnlyDictionary<string, long> siblings)
    {
        foreach (var (file, ranges) in external)
        {
            if (file.Length == 0 || Path.IsPathRooted(file) || file.Contains("..", StringComparison.Ordinal) || file.Contains('/') || file.Contains('\\') || file.Contains(':'))
            {
                throw new OnnxDefectException(ModelChecks.ExternalData, $"The model keeps weights in {file}, outside its own folder.",
                    "Save the model with its external data in files beside it (onnx.save_model with location set to a plain file name).");
            }

            if (!siblings.TryGetValue(file, out var size))
            {
                throw new OnnxDefectException(ModelChecks.ExternalData, $"The model keeps weights in {file}, which was not uploaded with it.",
                    "Upload the model and its data files together: as a zip, or as the parts model and data.");
            }

            CheckRanges(file, size, ranges);
        }
    }

    /// <summary>The same bytes may serve two tensors that are the same; bytes that are only partly shared are a mistake or a trick.</summary>
    private static void CheckRanges(string file, long size, List<ExternalRange> ranges)
    {
        var places = new List<(long From, long To)>(ranges.Count);
        foreach (var range in ranges)
        {
            places.Add(range.Within(size) ?? throw new OnnxDefectException(ModelChecks.ExternalData, $"A tensor lies at offset {range.Offset ?? "0"}, length {range.Length ?? "to the end"} of {file}, which has {size} bytes.",
                "The data file was cut off, or belongs to another model. Save both again and upload them together."));
        }

        places.Sort();
        for (var i = 1; i < places.Count; i++)
        {
            if (places[i] != places[i - 1] && places[i].From < places[i - 1].To)
            {
                throw new OnnxDefectException(ModelChecks.ExternalData, $"Two tensors overlap in {file}, at bytes {places[i - 1].From} and {places[i].From}.",
                    "Save the model again with onnx.save_model; no exporter writes such a file.");
            }
        }
    }
}
