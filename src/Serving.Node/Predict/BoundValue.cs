using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Serving.Node.Tensors;

namespace Serving.Node.Predict;

/// <summary>The runtime's view of a tensor, made anew only when the tensor has moved or has another shape. Not thread-safe.</summary>
internal sealed class BoundValue : IDisposable
{
    private OrtValue? _value;
    private nint _address;
    private TensorElementType _type;
    private long[] _shape = [];

    /// <returns>The new view, to be bound; null: the one that is bound still holds.</returns>
    public OrtValue? Follow(TensorBuffer tensor)
    {
        if (_value is not null && _address == tensor.Address && _type == tensor.Type && tensor.Shape.SequenceEqual(_shape))
            return null;

        _address = tensor.Address;
        _type = tensor.Type;
        _shape = tensor.Shape.ToArray();
        return Take(OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, tensor.Type, _shape, tensor.Address, tensor.Raw.Length));
    }

    public OrtValue Take(OrtValue value)
    {
        _value?.Dispose();
        _value = value;
        return value;
    }

    public void Forget()
    {
        _value?.Dispose();
        _value = null;
    }

    public void Dispose() => Forget();
}
