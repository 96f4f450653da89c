namespace Serving.Contracts.Models.Onnx;

/// <summary>Ends a scan: one check failed.</summary>
internal sealed class OnnxDefectException(string check, string detail, string remedy) : Exception(detail)
{
    public ModelCheck Check => new(check, ModelCheck.Failed, Message, remedy);

    public static OnnxDefectException Truncated(long length) => new(ModelChecks.Onnx,
        $"The file ends in the middle: a part reaches beyond its {length} bytes.", "It was cut off when it was copied or downloaded. Copy it again and compare the sizes.");

    public static OnnxDefectException Malformed(string what) => new(ModelChecks.Onnx,
        $"This is not a readable ONNX file: {what}.", "Export the model again; onnx.checker.check_model says the same of a broken file.");
}
