using Serving.Contracts.Models;

namespace Serving.Node.Inspect;

/// <summary>What to do about a model that the runtime refuses to load.</summary>
internal static class LoadRemedy
{
    private static readonly (string Sign, string Remedy)[] _known =
    [
        ("is not a registered function/op", "The operator is not part of ONNX Runtime. Export with a standard operator set, without custom operators."),
        ("No Op registered", "ONNX Runtime has no such operator in this operator set. Export with standard operators, or for the operator set that has it."),
        ("Opset", "Export for an operator set this runtime knows (target_opset)."),
        ("opset", "Export for an operator set this runtime knows (target_opset)."),
        ("IR version", "Export with an older IR version, or update the nodes."),
        ("acyclic", "The graph refers to itself. Export it again."),
        ("cycle", "The graph refers to itself. Export it again."),
        ("alloc", "The model asks for more memory than the 2 GiB a probe has. Look for constants and shapes that grow without bound."),
        ("Type Error", "Two operators disagree about a type. Export it again and run onnx.checker on the file."),
        ("ShapeInferenceError", "Two shapes in the graph do not fit together. Export it again and run onnx.checker with full_check on the file."),
        ("External data path", "External data must lie beside the model, without folders in its location. Save the model with all external data in one file."),
        ("external", "Upload the external data files together with the model."),
        ("Protobuf parsing failed", "The file is damaged. Export or copy it again."),
        ("only tensor inputs", "Change the export so that every input is a tensor."),
    ];

    /// <param name="folder">Where the model lies; the reader of the report knows it by its file name.</param>
    public static ModelCheck For(string message, string folder)
    {
        message = message.Replace(folder.TrimEnd('/') + '/', "", StringComparison.Ordinal);
        var remedy = _known.FirstOrDefault(known => message.Contains(known.Sign, StringComparison.Ordinal)).Remedy
            ?? "Load the file with ONNX Runtime where you exported it; the message is the same there.";
        return new ModelCheck(ModelChecks.Loads, ModelCheck.Failed, $"ONNX Runtime refused it: {message}", remedy);
    }
}
