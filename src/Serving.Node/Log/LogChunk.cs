using System.Buffers.Binary;
using System.Text;

namespace Serving.Node.Log;

/// <summary>
/// Records of answered requests as bytes, little-endian, on their way to the disk: frames of a length (4 bytes, without itself), a <see cref="FrameKind"/> and what that holds.
/// Each chunk can be read by itself. Used again and again; one thread at a time.
/// </summary>
internal sealed class LogChunk
{
    /// <summary>Bytes after which a chunk is handed over.</summary>
    public const int Full = 60 << 10;

    private const int Size = 64 << 10;

    private readonly List<LogHead> _heads = [];
    private byte[] _bytes = new byte[Size];

    public int Length { get; private set; }

    public int Rows { get; private set; }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    public void Clear()
    {
        Length = Rows = 0;
        _heads.Clear();
        if (_bytes.Length > Size)
            _bytes = new byte[Size];
    }

    /// <summary>Sees to it that records of this head can be read.</summary>
    public void Define(LogHead head)
    {
        if (_heads.Count > 0 && ReferenceEquals(_heads[^1], head))
            return;
        if (!_heads.Contains(head))
            head.Frame.CopyTo(Room(head.Frame.Length));
        else
            _heads.Remove(head);
        _heads.Add(head);
    }

    /// <returns>Where the frame begins, for <see cref="End"/>.</returns>
    public int Begin(FrameKind kind)
    {
        var begin = Length;
        Room(sizeof(int));
        WriteByte((byte)kind);
        return begin;
    }

    public void End(int begin, int rows = 0)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(begin), Length - begin - sizeof(int));
        Rows += rows;
    }

    /// <summary>Forgets a frame that could not be ended.</summary>
    public void TakeBack(int begin) => Length = begin;

    public void WriteByte(byte value) => Room(1)[0] = value;

    public void WriteShort(int value) => BinaryPrimitives.WriteUInt16LittleEndian(Room(sizeof(ushort)), (ushort)value);

    public void WriteInt(int value) => BinaryPrimitives.WriteInt32LittleEndian(Room(sizeof(int)), value);

    public void WriteLong(long value) => BinaryPrimitives.WriteInt64LittleEndian(Room(sizeof(long)), value);

    public void WriteDouble(double value) => BinaryPrimitives.WriteDoubleLittleEndian(Room(sizeof(double)), value);

    public void Write(ReadOnlySpan<byte> raw) => raw.CopyTo(Room(raw.Length));

    /// <summary>Length (4 bytes) and UTF-8.</summary>
    public void WriteText(ReadOnlySpan<byte> utf8)
    {
        WriteInt(utf8.Length);
        Write(utf8);
    }

    public void WriteText(string text)
    {
        var begin = Length;
        var room = Room(sizeof(int) + Encoding.UTF8.GetMaxByteCount(text.Length));
        var written = Encoding.UTF8.GetBytes(text, room[sizeof(int)..]);
        BinaryPrimitives.WriteInt32LittleEndian(room, written);
        Length = begin + sizeof(int) + written;
    }

    private Span<byte> Room(int count)
    {
        if (_bytes.Length - Length < count)
            Array.Resize(ref _bytes, (int)Math.Min(Math.Max(_bytes.Length * 2L, (long)Length + count), Array.MaxLength));
        var room = _bytes.AsSpan(Length, count);
        Length += count;
        return room;
    }
}
