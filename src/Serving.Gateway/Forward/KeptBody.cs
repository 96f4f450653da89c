using System.Buffers;

namespace Serving.Gateway.Forward;

/// <summary>
/// A request body that can be sent a second time: what the first attempt reads is kept, up to a limit, while it streams through.
/// Nothing is waited for, so a body that never ends passes as well; it just cannot be sent again.
/// </summary>
internal sealed class KeptBody(Stream source, int limit) : IDisposable
{
    private byte[] _kept = [];
    private int _length;
    private bool _overflown;
    private volatile bool _isReading;
    private Attempt? _current;

    /// <summary>False once more was read than is kept, or while an earlier attempt still reads.</summary>
    public bool CanRepeat => !_overflown && !_isReading;

    /// <summary>The whole body from its beginning. An earlier attempt's stream reads no more.</summary>
    /// <exception cref="InvalidOperationException">It cannot be repeated.</exception>
    public Stream Begin()
    {
        if (!CanRepeat)
            throw new InvalidOperationException("The body cannot be sent again.");
        return _current = new Attempt(this);
    }

    public void Dispose()
    {
        _current = null;
        if (_kept.Length > 0 && !_isReading)
            ArrayPool<byte>.Shared.Return(_kept);
        _kept = [];
    }

    private async ValueTask<int> ReadOnAsync(Memory<byte> into, CancellationToken cancel)
    {
        _isReading = true;
        try
        {
            var read = await source.ReadAsync(into, cancel);
            Keep(into.Span[..read]);
            return read;
        }
        finally
        {
            _isReading = false;
        }
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (_overflown || bytes.IsEmpty)
            return;
        if (_length + bytes.Length > limit)
        {
            _overflown = true;
            return;
        }

        if (_length + bytes.Length > _kept.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(4096, Math.Max(_kept.Length * 2, _length + bytes.Length)));
            _kept.AsSpan(0, _length).CopyTo(larger);
            if (_kept.Length > 0)
                ArrayPool<byte>.Shared.Return(_kept);
            _kept = larger;
        }

        bytes.CopyTo(_kept.AsSpan(_length));
        _length += bytes.Length;
    }

    private sealed class Attempt(KeptBody body) : Stream
    {
        private int _position;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (body._current != this)
                throw new IOException("The request was given to another node.");

            var kept = Math.Min(buffer.Length, body._length - _position);
            if (kept > 0)
            {
                body._kept.AsMemory(_position, kept).CopyTo(buffer);
                _position += kept;
                return kept;
            }

            var read = await body.ReadOnAsync(buffer, cancellationToken);
            _position += read;
            return read;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override void Flush() => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
