using System.Text;

namespace Serving.Contracts.Models.Onnx;

/// <summary>Reads the protocol buffer wire format from a stream through one small buffer; what is skipped is never kept.</summary>
internal sealed class WireReader(Stream source, long length)
{
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _at;
    private int _filled;
    private long _before;

    public long Length => length;

    public long Position => _before + _at;

    public ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            var part = Byte();
            value |= (ulong)(part & 0x7F) << Math.Min(shift, 63);
            if (part < 0x80)
                return value;
        }

        throw OnnxDefectException.Malformed("a number has no end");
    }

    public string Text(long size, int most)
    {
        if (size > most)
        {
            Skip(size);
            return "";
        }

        var bytes = new byte[size];
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = Byte();
        return Encoding.UTF8.GetString(bytes);
    }

    public void Skip(long size)
    {
        if (size < 0 || size > length - Position)
            throw OnnxDefectException.Truncated(length);

        var buffered = Math.Min(size, _filled - _at);
        _at += (int)buffered;
        size -= buffered;
        if (size > 0 && source.CanSeek)
        {
            source.Seek(size, SeekOrigin.Current);
            _before += _filled + size;
            _at = _filled = 0;
            return;
        }

        for (; size > 0; size--)
            Byte();
    }

    public byte Byte()
    {
        if (_at == _filled)
        {
            _before += _filled;
            _at = 0;
            _filled = source.Read(_buffer, 0, _buffer.Length);
            if (_filled == 0)
                throw OnnxDefectException.Truncated(length);
        }

        return _buffer[_at++];
    }
}
