using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Serving.Node.Tensors;

/// <summary>The inputs of one run. Owns their memory.</summary>
internal sealed class InputTensors : IDisposable
{
    private readonly string[] _names;
    private readonly OrtValue[] _values;

    public InputTensors(TensorInput[] inputs)
    {
        Inputs = inputs;
        _names = new string[inputs.Length];
        _values = new OrtValue[inputs.Length];
        for (var i = 0; i < inputs.Length; i++)
            _names[i] = inputs[i].Name;
    }

    public TensorInput[] Inputs { get; }

    public string[] Names => _names;

    public OrtValue[] Values => _values;

    /// <summary>Rows in the batch: the first dimension of the first input that has one.</summary>
    public int Rows { get; private set; } = 1;

    public bool Has(int index) => _values[index] is not null;

    /// <summary>Makes room for an input, all zeros or empty texts.</summary>
    public OrtValue Allocate(int index, long[] shape)
    {
        var input = Inputs[index];
        var value = input.Type == TensorElementType.String
            ? OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, shape)
            : OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, input.Type, shape);
        _values[index] = value;
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
