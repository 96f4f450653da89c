using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Serving.Contracts;
using Serving.Contracts.Models;
using Serving.Contracts.State;
using Serving.Node.Tensors;

namespace Serving.Node.Predict;

/// <summary>One ONNX file loaded in this process. Thread-safe; disposing of it while a call is under way ends the process.</summary>
internal sealed class OnnxModel : ServedModel
{
    /// <summary>More of them are the weights of the file, which some exporters list as inputs, and no settings of callers.</summary>
    private const int MostDefaults = 64;

    private readonly InferenceSession _session;
    private readonly string _failPoint;
    private volatile bool _outputsVary;

    private OnnxModel(InferenceSession session, OutputForm?[] fixedOutputs, string name)
        : base(SignatureOf(session), [.. session.InputNames.Select(input => Input(input, session.InputMetadata[input]))], DefaultsOf(session), Batches(session, fixedOutputs))
    {
        _session = session;
        _failPoint = "model.run." + name;
        FixedOutputs = fixedOutputs;
        Labels = new ClassLabels?[Outputs.Length];
    }

    /// <summary>For each output whose size follows from the number of rows, that form; null where only the run tells.</summary>
    public OutputForm?[] FixedOutputs { get; }

    /// <summary>Labels of map outputs, from the first answer on.</summary>
    public ClassLabels?[] Labels { get; }

    /// <summary>The model gave an output another size than its own description says: none is given its memory beforehand any more.</summary>
    public bool OutputsVary => _outputsVary;

    /// <param name="name">The release it is loaded for.</param>
    /// <exception cref="OnnxRuntimeException">The runtime refuses the model; its message says why.</exception>
    /// <exception cref="NotSupportedException">An input is no tensor, or an output has no form on the wire.</exception>
    public static OnnxModel Load(string path, RuntimeConfiguration runtime, string name = "")
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
        var session = new InferenceSession(path, options);
        try
        {
            return new OnnxModel(session, [.. session.OutputNames.Select(output => OutputForm.Of(session.OutputMetadata[output]))], name);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    public override RunPlace NewPlace() => new SessionPlace(this);

    public void Run(ModelCall call, RunOptions options)
    {
        FailPoint.Hit(_failPoint, FirstNumber(call));
        (call.Binding ??= new SessionBinding(this, call)).Run(options);
    }

    public OrtIoBinding NewBinding() => _session.CreateIoBinding();

    public void Run(RunOptions options, OrtIoBinding binding) => _session.RunWithBinding(options, binding);

    public void OutputsDoVary() => _outputsVary = true;

    protected override void Close() => _session.Dispose();

    private static double FirstNumber(ModelCall call) =>
        call.Inputs is [{ Type: TensorElementType.Float, Count: > 0 } first, ..] ? first.Values<float>()[0] : double.NaN;

    private static ModelSignature SignatureOf(InferenceSession session) => new(
        [.. session.InputNames.Select(name => Spec(name, session.InputMetadata[name]))],
        [.. session.OutputNames.Select(name => Output(name, session.OutputMetadata[name]))]);

    private static TensorInput[] DefaultsOf(InferenceSession session) =>
        session.OverridableInitializerMetadata is { Count: <= MostDefaults } defaults ? [.. defaults.Select(one => Input(one.Key, one.Value))] : [];

    private static bool Batches(InferenceSession session, OutputForm?[] fixedOutputs) =>
        session.InputNames.Count > 0 && session.InputNames.All(name => session.InputMetadata[name].Dimensions is [-1, ..])
        && Array.TrueForAll(fixedOutputs, form => form is null or { Sizes: [-1, ..] });

    private static TensorInput Input(string name, NodeMetadata metadata) => metadata.OnnxValueType == OnnxValueType.ONNX_TYPE_TENSOR
        && Datatype.IsKnown(metadata.ElementDataType)
        ? new TensorInput(name, metadata.ElementDataType, [.. metadata.Dimensions.Select(size => (long)size)])
        : throw new NotSupportedException($"Input {name} is of the type {Datatype.NameOf(metadata)}; only tensors can be given.");

    /// <summary>Tensors, and class probabilities as maps: the rest would fail every request.</summary>
    private static TensorSpec Output(string name, NodeMetadata metadata) => HasForm(metadata)
        ? Spec(name, metadata)
        : throw new NotSupportedException($"Output {name} is of the type {Datatype.NameOf(metadata)}; tensors and seq(map(…,float)) can be served.");

    private static bool HasForm(NodeMetadata metadata) => metadata.OnnxValueType switch
    {
        OnnxValueType.ONNX_TYPE_TENSOR => Datatype.IsKnown(metadata.ElementDataType),
        OnnxValueType.ONNX_TYPE_SEQUENCE => metadata.AsSequenceMetadata().ElementMeta is { OnnxValueType: OnnxValueType.ONNX_TYPE_MAP } map
            && map.AsMapMetadata().ValueMetadata.ElementDataType == TensorElementType.Float,
        _ => false,
    };

    private static TensorSpec Spec(string name, NodeMetadata metadata) => metadata.OnnxValueType == OnnxValueType.ONNX_TYPE_TENSOR
        ? new TensorSpec(name, Datatype.NameOf(metadata), [.. metadata.Dimensions.Select(size => (long)size)],
            [.. metadata.SymbolicDimensions.Select(symbol => string.IsNullOrEmpty(symbol) ? null : symbol)])
        : new TensorSpec(name, Datatype.NameOf(metadata), null);
}
