namespace Serving.Contracts.Models.Onnx;

/// <summary>
/// Reads an ONNX file field by field without building it: whatever it claims, the scan takes constant memory and time in the size of the file.
/// Field numbers: onnx/onnx, <c>onnx.proto3</c>.
/// </summary>
public static class OnnxScan
{
    /// <param name="file">At its beginning.</param>
    /// <param name="length">Bytes of the file.</param>
    /// <param name="siblings">Names of the files given with it, for weights kept outside.</param>
    public static OnnxScanResult Scan(Stream file, long length, IReadOnlySet<string> siblings, OnnxLimits limits, CancellationToken cancel)
    {
        var checks = new List<ModelCheck>();
        try
        {
            if (length == 0)
                throw new OnnxDefectException(ModelChecks.Size, "The file is empty.", "Check that the export wrote the file before it was uploaded.");
            checks.Add(new ModelCheck(ModelChecks.Size, ModelCheck.Passed, $"{length} bytes."));

            var walk = new OnnxWalk(new WireReader(file, length), limits);
            walk.Run(cancel);
            checks.Add(new ModelCheck(ModelChecks.Onnx, ModelCheck.Passed, $"IR version {walk.IrVersion}, {walk.Nodes} operators, {walk.Parameters} parameters."));

            OnnxRules.CheckOperators(walk, limits);
            checks.Add(new ModelCheck(ModelChecks.Operators, ModelCheck.Passed, $"{walk.Operators.Count} kinds of operators, all of known domains."));

            OnnxRules.CheckExternal(walk.ExternalFiles, siblings);
            checks.Add(new ModelCheck(ModelChecks.ExternalData, ModelCheck.Passed, walk.ExternalFiles.Count == 0 ? "None." : $"{walk.ExternalFiles.Count} files, all in the bundle."));
            return new OnnxScanResult(checks, walk.Summary());
        }
        catch (OnnxDefectException defect)
        {
            return new OnnxScanResult([.. checks, defect.Check], null);
        }
    }
}
