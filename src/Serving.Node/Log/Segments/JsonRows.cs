using System.Buffers;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime.Tensors;
using Serving.Node.Respond;
using Serving.Node.Tensors;

namespace Serving.Node.Log.Segments;

/// <summary>Rows that are kept as JSON text. Its memory is used again and again. Not thread-safe.</summary>
internal sealed class JsonRows : IDisposable
{
    private readonly ArrayBufferWriter<byte> _text = new(1024);
    private readonly Utf8JsonWriter _json;
    private readonly TensorBuffer _tensor = new("", TensorElementType.Float);
    private byte[] _labelsUtf8 = [];
    private ClassLabels _labels = new([], AreText: false);

    public JsonRows() => _json = new Utf8JsonWriter(_text, new JsonWriterOptions { SkipValidation = true });

    /// <summary>Where the elements go, after <see cref="Begin"/>.</summary>
    public Span<byte> Raw => _tensor.Raw;

    /// <returns>Bytes of the elements.</returns>
    public int Begin(TensorElementType type, ReadOnlySpan<long> shape)
    {
        _tensor.Reshape(type, shape);
        _tensor.Labels = null;
        return _tensor.Raw.Length;
    }

    public void Write(ValueColumn into, int first, int rows)
    {
        for (var row = 0; row < rows; row++)
        {
            _text.ResetWrittenCount();
            _json.Reset();
            OutputWriter.WriteRow(_json, _tensor, row, rows);
            _json.Flush();
            into.SetText(first + row, _text.WrittenSpan);
        }
    }

    /// <param name="labels">A JSON list, mostly the same as the last.</param>
    public void WriteLabelled(ValueColumn into, int first, int rows, ReadOnlySpan<byte> labels, int count, ReadOnlySpan<byte> values)
    {
        if (!labels.SequenceEqual(_labelsUtf8))
        {
            _labelsUtf8 = labels.ToArray();
            _labels = ClassLabels.Parse(_labelsUtf8);
        }

        Begin(TensorElementType.Float, [rows, count]);
        _tensor.Labels = _labels;
        values.CopyTo(_tensor.Raw);
        Write(into, first, rows);
    }

    public void Dispose()
    {
        _json.Dispose();
        _tensor.Dispose();
    }
}
