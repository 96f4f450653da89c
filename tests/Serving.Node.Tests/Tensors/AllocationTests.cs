using System.Text;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Serving.Node.Respond;
using Serving.Node.Tensors;

namespace Serving.Node.Tests.Tensors;

/// <summary>Reading values into a tensor and writing rows of one allocate nothing: what a request costs does not grow with its rows.</summary>
public sealed class AllocationTests
{
    private static readonly byte[] _rows = Encoding.UTF8.GetBytes("[" + string.Join(',', Enumerable.Range(0, 1_000).Select(i => $"[{i},{i}.5,-{i}e-3]")) + "]");

    [Fact]
    public void Reading_a_thousand_rows_allocates_nothing()
    {
        using var tensor = OrtValue.CreateTensorValueFromMemory(new float[3_000], [1_000, 3]);
        Fill(tensor);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var filled = Fill(tensor);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(3_000, filled);
        Assert.Equal(-0.999f, tensor.GetTensorDataAsSpan<float>()[^1]);
        Assert.Equal(0, allocated);
    }

    [Fact]
    public void Writing_rows_of_numbers_allocates_nothing()
    {
        using var tensor = OrtValue.CreateTensorValueFromMemory(new float[300], [100, 3]);
        var view = TensorView.Of(tensor);
        var buffer = ResponseBuffer.Rent();
        Write(buffer.Json, view);
        buffer.Clear();

        var before = GC.GetAllocatedBytesForCurrentThread();
        Write(buffer.Json, view);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        buffer.Json.Flush();

        Assert.StartsWith("[[0,0,0],", Encoding.UTF8.GetString(buffer.Written.Span));
        Assert.Equal(0, allocated);
        buffer.Return();
    }

    private static int Fill(OrtValue tensor)
    {
        var reader = new Utf8JsonReader(_rows);
        reader.Read();
        return ElementReader.Fill(ref reader, tensor, TensorElementType.Float, 0, 3_000, [1_000, 3], "x");
    }

    private static void Write(Utf8JsonWriter json, TensorView view)
    {
        json.WriteStartArray();
        for (var row = 0; row < 100; row++)
            OutputColumn.WriteTensorRow(json, view, row, 100);
        json.WriteEndArray();
    }
}
