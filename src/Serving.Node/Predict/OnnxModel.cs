using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.ObjectPool;
using Microsoft.ML.OnnxRuntime;
using Serving.Contracts.Models;
using Serving.Contracts.State;
using Serving.Node.Tensors;

namespace Serving.Node.Predict;

/// <summary>
/// One loaded ONNX file and the memory its calls use in turn. Thread-safe; <see cref="Dispose"/> is not safe while a call is under way: the process would die.
/// </summary>
internal sealed class OnnxModel : IDisposable
{
    private const int CallsKept = 64;

    private readonly InferenceSession _session;
    private readonly ObjectPool<ModelCall> _calls;
    private volatile bool _outputsVary;

    private OnnxModel(InferenceSession session)
    {
        _session = session;
        _calls = new DefaultObjectPoolProvider { MaximumRetained = CallsKept }.Create(new Calls(this));
        OutputNames = [.. session.OutputNames];
        JsonNames = [.. OutputNames.Select(name => JsonEncodedText.Encode(name, JavaScriptEncoder.UnsafeRelaxedJsonEscaping))];
        Inputs = [.. session.InputNames.Select(name => Input(name, session.InputMetadata[name]))];
        Outputs = [.. session.OutputNames.Select(name => Spec(name, session.OutputMetadata[name]))];
        LogNames = new LogNames([.. Inputs.Select(input => Encoding.UTF8.GetBytes("i." + input.Name))], [.. OutputNames.Select(name => Encoding.UTF8.GetBytes("o." + name))]);
        Signature = new ModelSignature([.. session.InputNames.Select(name => Spec(name, session.InputMetadata[name]))], Outputs);
        FixedOutputs = [.. session.OutputNames.Select(name => OutputForm.Of(session.OutputMetadata[name]))];
        Labels = new ClassLabels?[Outputs.Length];
    }

    public ModelSignature Signature { get; }

    /// <summary>In the order of the file.</summary>
    public TensorInput[] Inputs { get; }

    public TensorSpec[] Outputs { get; }

    public string[] OutputNames { get; }

    /// <summary>The names of the outputs as they stand in JSON.</summary>
    public JsonEncodedText[] JsonNames { get; }

    /// <summary>The columns of the prediction log.</summary>
    public LogNames LogNames { get; }

    /// <summary>For each output whose size follows from the number of rows, that form; null where only the run tells.</summary>
    public OutputForm?[] FixedOutputs { get; }

    /// <summary>Labels of map outputs, from the first answer on.</summary>
    public ClassLabels?[] Labels { get; }

    /// <summary>The model gave an output another size than its own description says: none is given its memory beforehand any more.</summary>
    public bool OutputsVary => _outputsVary;

    /// <exception cref="OnnxRuntimeException">The runtime refuses the model; its message says why.</exception>
    /// <exception cref="NotSupportedException">An input is no tensor.</exception>
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

    /// <summary>Memory for one call, to be given back by <see cref="Return"/>.</summary>
    public ModelCall Rent() => _calls.Get();

    public void Return(ModelCall call)
    {
        call.Reset();
        _calls.Return(call);
    }

    public OrtIoBinding NewBinding() => _session.CreateIoBinding();

    public void Run(RunOptions options, OrtIoBinding binding) => _session.RunWithBinding(options, binding);

    public void OutputsDoVary() => _outputsVary = true;

    public void Dispose()
    {
        (_calls as IDisposable)?.Dispose();
        _session.Dispose();
    }

    private static TensorInput Input(string name, NodeMetadata metadata) => metadata.OnnxValueType == OnnxValueType.ONNX_TYPE_TENSOR
        ? new TensorInput(name, metadata.ElementDataType, [.. metadata.Dimensions.Select(size => (long)size)])
        : throw new NotSupportedException($"Input {name} is a {Datatype.NameOf(metadata)}; only tensor inputs can be served.");

    private static TensorSpec Spec(string name, NodeMetadata metadata) => metadata.OnnxValueType == OnnxValueType.ONNX_TYPE_TENSOR
        ? new TensorSpec(name, Datatype.NameOf(metadata), [.. metadata.Dimensions.Select(size => (long)size)],
            [.. metadata.SymbolicDimensions.Select(symbol => string.IsNullOrEmpty(symbol) ? null : symbol)])
        : new TensorSpec(name, Datatype.NameOf(metadata), null);

    private sealed class Calls(OnnxModel model) : PooledObjectPolicy<ModelCall>
    {
        public override ModelCall Create() => new(model);

        public override bool Return(ModelCall obj) => true;
    }
}

/// <summary>Names of columns, UTF-8, in the model's order.</summary>
internal sealed record LogNames(byte[][] Inputs, byte[][] Outputs);
