namespace Serving.Contracts.Models.Onnx;

/// <summary>
/// Reads an ONNX file field by field without building it: whatever it claims, the scan takes constant memory and time in the size of the file.
/// Field numbers: onnx/onnx, <c>onnx.proto3</c>.
/// </summary>
public static class OnnxScan
{
    /// <param name="file">At its beginning.</param>
    /// <param name="length">Bytes of the file.</param>
    /// <param name="siblings">Names and sizes of the files given with it, for weights kept outside.</param>
    public static OnnxScanResult Scan(Stream file, long length, IReadOnlyDictionary<string, long> siblings, OnnxLimits limits, CancellationToken cancel)
    {
        var checks = new List<ModelCheck>();
        try
        {
            if (length == 0)
                throw new OnnxDefectException(ModelChecks.Size, "The file is empty.", "Check that the export wrote the file before it was uploaded.");
            checks.Add(new ModelCheck(ModelChecks.Size, ModelCheck.Passed, $"{length} bytes."));

            var walk = new OnnxWalk(new WireReader(file, length), limits);
            walk.Run(cancel);
            checks.Add(new ModelCheck(ModelChecks.Onnx, ModelCheck.Passed, $"IR version {walk.IrVersion}, {Counted(walk.Nodes, "operator")}, {Counted(walk.Parameters, "parameter")}."));

            OnnxRules.CheckOperators(walk, limits);
            checks.Add(new ModelCheck(ModelChecks.Operators, ModelCheck.Passed, $"{Counted(walk.Operators.Count, "kind")} of operators, all of known domains."));

            OnnxRules.CheckExternal(walk.External, siblings);
            checks.Add(new ModelCheck(ModelChecks.ExternalData, ModelCheck.Passed, walk.External.Count == 0 ? "None." : $"{Counted(walk.External.Count, "file")}, all in the bundle."));
            return new OnnxScanResult(checks, walk.Summary());
        }
        catch (OnnxDefectException defect)
        {
            return new OnnxScanResult([.. checks, defect.Check], null);
        }
    }

    private static string Counted(long count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";
}
