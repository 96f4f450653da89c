using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Serving.Node.Log;

/// <summary>
/// The rows of one answered request as bytes, little-endian: written once on the request's path, kept on disk as they are, read when a segment is made.
/// Used again and again; one thread at a time.
/// </summary>
internal sealed class LogRecord
{
    private readonly byte[] _small = new byte[1024];
    private byte[] _bytes;

    public LogRecord() => _bytes = _small;

    public int Length { get; private set; }

    public int Rows { get; set; }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    public void Reset()
    {
        Length = Rows = 0;
        UseInstead(_small);
    }

    public void WriteByte(byte value) => Room(1)[0] = value;

    public void WriteShort(int value) => BinaryPrimitives.WriteUInt16LittleEndian(Room(sizeof(ushort)), (ushort)value);

    public void WriteInt(int value) => BinaryPrimitives.WriteInt32LittleEndian(Room(sizeof(int)), value);

    public void WriteLong(long value) => BinaryPrimitives.WriteInt64LittleEndian(Room(sizeof(long)), value);

    public void WriteDouble(double value) => BinaryPrimitives.WriteDoubleLittleEndian(Room(sizeof(double)), value);

    /// <summary>Length (4 bytes) and UTF-8.</summary>
    public void WriteText(ReadOnlySpan<byte> utf8)
    {
        WriteInt(utf8.Length);
        Write(utf8);
    }

    public void WriteText(string text)
    {
        var most = Encoding.UTF8.GetMaxByteCount(text.Length);
        Ensure(sizeof(int) + most);
        var written = Encoding.UTF8.GetBytes(text, _bytes.AsSpan(Length + sizeof(int)));
        WriteInt(written);
        Length += written;
    }

    public void Write(ReadOnlySpan<byte> raw) => raw.CopyTo(Room(raw.Length));

    private Span<byte> Room(int count)
    {
        Ensure(count);
        var room = _bytes.AsSpan(Length, count);
        Length += count;
        return room;
    }

    private void Ensure(int more)
    {
        if (_bytes.Length - Length >= more)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_bytes.Length * 2, checked(Length + more)));
        Bytes.CopyTo(larger);
        UseInstead(larger);
    }

    private void UseInstead(byte[] other)
    {
        if (!ReferenceEquals(_bytes, _small))
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = other;
    }
}
