using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Serving.Node.Tensors;

/// <summary>The inputs of one run. Owns their memory.</summary>
internal sealed class InputTensors : IDisposable
{
    private readonly OrtValue[] _values;
    private readonly long[][] _shapes;

    public InputTensors(TensorInput[] inputs)
    {
        Inputs = inputs;
        _values = new OrtValue[inputs.Length];
        _shapes = new long[inputs.Length][];
    }

    /// <summary>All inputs of the model, in its order.</summary>
    public TensorInput[] Inputs { get; }

    /// <summary>In the same order.</summary>
    public OrtValue[] Values => _values;

    /// <summary>Rows in the batch: the first dimension of the first input that has one.</summary>
    public int Rows { get; private set; } = 1;

    /// <summary>An input that was allocated.</summary>
    public TensorView View(int index) => new(_values[index], Inputs[index].Type, _shapes[index]);

    public bool Has(int index) => _values[index] is not null;

    /// <summary>Makes room for an input, all zeros or empty texts.</summary>
    public OrtValue Allocate(int index, long[] shape)
    {
        var input = Inputs[index];
        var value = input.Type == TensorElementType.String
            ? OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, shape)
            : OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, input.Type, shape);
        _values[index] = value;
        _shapes[index] = shape;
        if (shape.Length > 0 && FirstBatched(index))
            Rows = (int)Math.Min(shape[0], int.MaxValue);
        return value;
    }

    public void Dispose()
    {
        foreach (var value in _values)
            value?.Dispose();
    }

    private bool FirstBatched(int index)
    {
        for (var i = 0; i < index; i++)
        {
            if (Inputs[i].Shape.Length > 0)
                return false;
        }

        return true;
    }
}
