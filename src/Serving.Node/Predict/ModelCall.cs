using Microsoft.ML.OnnxRuntime.Tensors;
using Serving.Node.Tensors;

namespace Serving.Node.Predict;

/// <summary>Memory of one call of a model: inputs to be filled, and outputs after a run. Not thread-safe.</summary>
internal sealed class ModelCall(ServedModel model) : IDisposable
{
    private const int KeptBytes = 64 << 10;

    private PendingRun? _turn;
    private TensorBuffer[]? _inputs;

    public ServedModel Model => model;

    /// <summary>The inputs of the model that must be given, in its order.</summary>
    public TensorBuffer[] Inputs => _inputs ??= model.AllInputs.Length == model.Inputs.Length ? AllInputs : AllInputs[..model.Inputs.Length];

    /// <summary><see cref="Inputs"/>, then those with a default: set where the caller gives another value.</summary>
    public TensorBuffer[] AllInputs { get; } = Array.ConvertAll(model.AllInputs, input => new TensorBuffer(input.Name, input.Type));

    /// <summary>Whether a default of the model is overridden: such a call shares its run with no other.</summary>
    public bool OverridesDefaults
    {
        get
        {
            for (var i = Inputs.Length; i < AllInputs.Length; i++)
            {
                if (AllInputs[i].IsSet)
                    return true;
            }

            return false;
        }
    }

    /// <summary>All outputs of the model, in its order; set by a run.</summary>
    public TensorBuffer[] Outputs { get; } = Array.ConvertAll(model.OutputNames, name => new TensorBuffer(name, TensorElementType.Float));

    /// <summary>What binds both to a session of this process; made by the first run there.</summary>
    public SessionBinding? Binding { get; set; }

    /// <summary>Its run does not end: nobody may use it any more.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Its turn where it has to wait.</summary>
    public PendingRun Turn => _turn is { WasGivenUp: false } turn ? turn : _turn = new PendingRun(this);

    /// <summary>When the run began that answered it, timestamp of the time provider.</summary>
    public long Started { get; private set; }

    public long Ended { get; private set; }

    /// <summary>Rows of that run, those of others included.</summary>
    public int RowsTogether { get; private set; }

    /// <summary>Rows in the batch: the first dimension of the first input that has one.</summary>
    public int Rows
    {
        get
        {
            foreach (var input in Inputs)
            {
                if (input.Shape.Length > 0)
                    return (int)input.Shape[0];
            }

            return 1;
        }
    }

    public void Ran(long started, long ended, int rowsTogether) => (Started, Ended, RowsTogether) = (started, ended, rowsTogether);

    /// <summary>Ready for the next caller.</summary>
    public void Reset()
    {
        Reset(AllInputs);
        Reset(Outputs);
        (Started, Ended, RowsTogether) = (0, 0, 0);
    }

    public void Lose() => IsLost = true;

    public void Dispose()
    {
        Binding?.Dispose();
        foreach (var tensor in AllInputs)
            tensor.Dispose();
        foreach (var tensor in Outputs)
            tensor.Dispose();
    }

    private static void Reset(TensorBuffer[] tensors)
    {
        foreach (var tensor in tensors)
        {
            tensor.Trim(KeptBytes);
            tensor.Clear();
        }
    }
}
