using System.Text;
using Microsoft.ML.OnnxRuntime;
using Serving.Contracts.Models;
using Serving.Contracts.State;

namespace Serving.Node.Tensors;

/// <summary>
/// One loaded ONNX file. <see cref="Run"/> is thread-safe; <see cref="Dispose"/> is not safe while a run is under way: the process would die.
/// </summary>
internal sealed class OnnxModel : IDisposable
{
    private readonly InferenceSession _session;
    private readonly string[] _inputNames;
    private readonly string[] _outputNames;

    private OnnxModel(InferenceSession session)
    {
        _session = session;
        _inputNames = [.. session.InputNames];
        _outputNames = [.. session.OutputNames];
        Inputs = [.. session.InputNames.Select(name => Input(name, session.InputMetadata[name]))];
        Outputs = [.. session.OutputNames.Select(name => Spec(name, session.OutputMetadata[name]))];
        Signature = new ModelSignature([.. session.InputNames.Select(name => Spec(name, session.InputMetadata[name]))], Outputs);
    }

    public ModelSignature Signature { get; }

    /// <summary>Tensor inputs in the order of the file; a model with others has none of them here and cannot be called.</summary>
    public TensorInput[] Inputs { get; }

    public TensorSpec[] Outputs { get; }

    public IReadOnlyList<string> OutputNames => _outputNames;

    /// <exception cref="OnnxRuntimeException">The runtime refuses the model; its message says why.</exception>
    public static OnnxModel Load(string path, RuntimeConfiguration runtime)
    {
        using var options = new Microsoft.ML.OnnxRuntime.SessionOptions
        {
            IntraOpNumThreads = runtime.Threads,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
            // The arena never gives memory back, doubles what it takes, and after one refused request takes all there is.
            // Without it six models of six kinds ran within 3 % of their time with it.
            EnableCpuMemArena = false,
        };
        // Threads that spin while they wait take the cores from the other models of the node.
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        return new OnnxModel(new InferenceSession(path, options));
    }

    /// <param name="outputNames">Outputs wanted; null: all.</param>
    /// <exception cref="OnnxRuntimeException">The run failed, or was ended through <paramref name="options"/>.</exception>
    public IDisposableReadOnlyCollection<OrtValue> Run(RunOptions options, InputTensors inputs, IReadOnlyCollection<string>? outputNames) =>
        _session.Run(options, _inputNames, inputs.Values, outputNames ?? _outputNames);

    public void Dispose() => _session.Dispose();

    private static TensorInput Input(string name, NodeMetadata metadata) => metadata.OnnxValueType == OnnxValueType.ONNX_TYPE_TENSOR
        ? new TensorInput(name, Encoding.UTF8.GetBytes(name), metadata.ElementDataType, [.. metadata.Dimensions.Select(size => (long)size)])
        : throw new NotSupportedException($"Input {name} is a {Datatype.NameOf(metadata)}; only tensor inputs can be served.");

    private static TensorSpec Spec(string name, NodeMetadata metadata) => metadata.OnnxValueType == OnnxValueType.ONNX_TYPE_TENSOR
        ? new TensorSpec(name, Datatype.NameOf(metadata), [.. metadata.Dimensions.Select(size => (long)size)],
            [.. metadata.SymbolicDimensions.Select(symbol => string.IsNullOrEmpty(symbol) ? null : symbol)])
        : new TensorSpec(name, Datatype.NameOf(metadata), null);
}
