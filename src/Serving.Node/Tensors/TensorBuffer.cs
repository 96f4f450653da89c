using System.Runtime.InteropServices;
using System.Text;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Serving.Node.Tensors;

/// <summary>
/// One tensor in memory that is used from call to call: numbers row by row at an address that stays until the tensor grows, text as UTF-8 one after the other.
/// Not thread-safe.
/// </summary>
internal sealed unsafe class TensorBuffer(string name, TensorElementType type) : IDisposable
{
    private const nuint Alignment = 64;
    private const nuint Smallest = 256;

    private byte* _data;
    private nuint _capacity;
    private long[] _shape = new long[4];
    private int _rank;
    private int[] _ends = [];
    private int _texts;

    public string Name => name;

    public TensorElementType Type { get; private set; } = type;

    /// <summary>Class labels of the columns, where the model answers maps: the tensor is FP32 [rows, labels] then.</summary>
    public ClassLabels? Labels { get; set; }

    /// <summary>Sizes as they were given, outermost first.</summary>
    public ReadOnlySpan<long> Shape => _shape.AsSpan(0, _rank);

    public int Count { get; private set; }

    /// <summary>Whether a value was put here since <see cref="Clear"/>.</summary>
    public bool IsSet { get; private set; }

    public bool IsText => Type == TensorElementType.String;

    /// <summary>Texts added so far.</summary>
    public int Texts => _texts;

    public nint Address => (nint)_data;

    /// <summary>Bytes of the numbers, in the machine's own order; of text, all of it.</summary>
    public Span<byte> Raw => new(_data, IsText ? TextLength : Count * Datatype.SizeOf(Type));

    private int TextLength => _texts == 0 ? 0 : _ends[_texts - 1];

    /// <summary>Rows when the first dimension is that of the batch, else 1.</summary>
    public bool IsBatched(int rows) => _rank > 0 && _shape[0] == rows;

    public Span<T> Values<T>()
        where T : unmanaged => new(_data, Count);

    /// <summary>Forgets the value and keeps the memory.</summary>
    public void Clear()
    {
        IsSet = false;
        Count = _rank = _texts = 0;
    }

    /// <summary>Gives back memory beyond what is worth keeping for the next call.</summary>
    public void Trim(nuint most)
    {
        if (_capacity > most)
            Free();
        if (_ends.Length > 1 << 14)
            _ends = [];
    }

    /// <summary>Makes room for a value of this shape; what was there is undefined afterwards.</summary>
    /// <param name="shape">Not negative; at most 2³¹ elements together.</param>
    /// <exception cref="OutOfMemoryException">There is no such memory.</exception>
    public void Reshape(ReadOnlySpan<long> shape) => Reshape(Type, shape);

    public void Reshape(TensorElementType type, ReadOnlySpan<long> shape)
    {
        if (shape.Length > _shape.Length)
            _shape = new long[shape.Length];
        shape.CopyTo(_shape);
        _rank = shape.Length;
        Type = type;
        var count = 1;
        foreach (var size in shape)
            count = checked(count * (int)size);
        Count = count;
        IsSet = true;
        _texts = 0;
        if (IsText)
            EnsureEnds(count);
        else
            Ensure(checked((nuint)count * (nuint)Datatype.SizeOf(type)));
    }

    public void AddText(ReadOnlySpan<byte> utf8)
    {
        utf8.CopyTo(RoomForText(utf8.Length));
        CommitText(utf8.Length);
    }

    public void AddText(ReadOnlySpan<char> text) => CommitText(Encoding.UTF8.GetBytes(text, RoomForText(Encoding.UTF8.GetMaxByteCount(text.Length))));

    /// <summary>Where the next text may be written, followed by <see cref="CommitText"/>.</summary>
    public Span<byte> RoomForText(int most)
    {
        var begin = TextLength;
        Ensure((nuint)begin + (nuint)most);
        return new Span<byte>(_data + begin, most);
    }

    public void CommitText(int written)
    {
        EnsureEnds(_texts + 1);
        _ends[_texts] = TextLength + written;
        _texts++;
    }

    /// <summary>Element <paramref name="index"/> of a tensor of text; empty when it was not set.</summary>
    public ReadOnlySpan<byte> Text(int index)
    {
        if (index >= _texts)
            return default;
        var begin = index == 0 ? 0 : _ends[index - 1];
        return new ReadOnlySpan<byte>(_data + begin, _ends[index] - begin);
    }

    /// <summary>Copies all of <paramref name="from"/>, whose rows have the size of those here, to row <paramref name="row"/> on; text follows what was put before.</summary>
    public void PutRows(int row, TensorBuffer from)
    {
        if (!IsText)
        {
            from.Raw.CopyTo(Raw[(int)(Raw.Length / _shape[0] * row)..]);
            return;
        }

        for (var i = 0; i < from.Count; i++)
            AddText(from.Text(i));
    }

    /// <summary>Becomes rows of another tensor, whose first dimension is that of the batch.</summary>
    public void TakeRows(TensorBuffer from, int row, int rows)
    {
        var perRow = (int)(from.Count / from._shape[0]);
        Span<long> shape = stackalloc long[from._rank];
        from.Shape.CopyTo(shape);
        shape[0] = rows;
        Reshape(from.Type, shape);
        Labels = from.Labels;
        if (!IsText)
        {
            var size = perRow * Datatype.SizeOf(Type);
            from.Raw.Slice(row * size, rows * size).CopyTo(Raw);
            return;
        }

        for (var i = row * perRow; i < (row + rows) * perRow; i++)
            AddText(from.Text(i));
    }

    public void Dispose() => Free();

    private void EnsureEnds(int count)
    {
        if (_ends.Length < count)
            Array.Resize(ref _ends, Math.Max(count, Math.Min(_ends.Length * 2, Array.MaxLength)));
    }

    private void Ensure(nuint bytes)
    {
        if (bytes <= _capacity && _data != null)
            return;
        var wanted = nuint.Max(Smallest, bytes < (1 << 20) ? System.Numerics.BitOperations.RoundUpToPowerOf2(bytes) : bytes);
        // Text already there is kept; numbers are written anew in any case.
        _data = (byte*)NativeMemory.AlignedRealloc(_data, wanted, Alignment);
        _capacity = wanted;
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_data);
        _data = null;
        _capacity = 0;
    }
}
