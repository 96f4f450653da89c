using System.Buffers;
using System.Text;

namespace Serving.Node.Log.Columnar;

/// <summary>Writes structures in Thrift's compact protocol, which Parquet describes itself in. Fields of a structure are written in ascending order. Not thread-safe.</summary>
internal sealed class CompactWriter
{
    private const byte Int32 = 5;
    private const byte Int64 = 6;
    private const byte Binary = 8;
    private const byte List = 9;
    private const byte Structure = 12;
    private const int ShortList = 15;
    private const int LongestStep = 15;

    private readonly ArrayBufferWriter<byte> _bytes = new(1024);
    private readonly Stack<int> _outer = new();
    private int _last;

    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    public void Clear()
    {
        _bytes.ResetWrittenCount();
        _outer.Clear();
        _last = 0;
    }

    public void Whole(int field, int value)
    {
        Field(field, Int32);
        ZigZag(value);
    }

    public void Long(int field, long value)
    {
        Field(field, Int64);
        ZigZag(value);
    }

    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        Field(field, Binary);
        Put(value);
    }

    public void Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public void BeginStructure(int field)
    {
        Field(field, Structure);
        BeginItem();
    }

    /// <summary>An element of a list of structures.</summary>
    public void BeginItem()
    {
        _outer.Push(_last);
        _last = 0;
    }

    public void End()
    {
        Put(0);
        _last = _outer.Count > 0 ? _outer.Pop() : 0;
    }

    public void BeginStructures(int field, int count) => BeginList(field, Structure, count);

    public void Wholes(int field, ReadOnlySpan<int> values)
    {
        BeginList(field, Int32, values.Length);
        foreach (var value in values)
            ZigZag(value);
    }

    public void Texts(int field, ReadOnlySpan<string> values)
    {
        BeginList(field, Binary, values.Length);
        foreach (var value in values)
            Put(Encoding.UTF8.GetBytes(value));
    }

    private void BeginList(int field, byte type, int count)
    {
        Field(field, List);
        if (count < ShortList)
        {
            Put((byte)(count << 4 | type));
            return;
        }

        Put((byte)(ShortList << 4 | type));
        Variable((ulong)count);
    }

    private void Field(int field, byte type)
    {
        var step = field - _last;
        if (step is > 0 and <= LongestStep)
        {
            Put((byte)(step << 4 | type));
        }
        else
        {
            Put(type);
            ZigZag(field);
        }

        _last = field;
    }

    private void Put(byte value)
    {
        _bytes.GetSpan(1)[0] = value;
        _bytes.Advance(1);
    }

    private void Put(ReadOnlySpan<byte> value)
    {
        Variable((ulong)value.Length);
        _bytes.Write(value);
    }

    private void ZigZag(long value) => Variable((ulong)(value << 1 ^ value >> 63));

    private void Variable(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            Put((byte)(value | 0x80));
        Put((byte)value);
    }
}
