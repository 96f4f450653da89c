using System.Runtime.InteropServices;

namespace Serving.Node.Protocols.Rpc;

/// <summary>Steps through the fields of a protobuf message without making objects of them. What is malformed ends the steps and leaves <see cref="IsWhole"/> false.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> message)
{
    private const int Delimited = 2;
    private const int MostVarintBytes = 10;

    private readonly ReadOnlySpan<byte> _message = message;
    private int _at;

    /// <summary>Whether all fields were of the kinds read here, to the very end.</summary>
    public readonly bool IsWhole => _at == _message.Length;

    /// <summary>Takes the next field, which has a length: text, bytes, a message, packed numbers.</summary>
    /// <returns>False: there is none, or it is of another kind.</returns>
    public bool Next(out int field, out Part value)
    {
        (field, value) = (0, default);
        var at = _at;
        if (!TryVarint(_message, ref at, out var tag) || (tag & 7) != Delimited || tag > int.MaxValue || !TryVarint(_message, ref at, out var length) || length > (ulong)(_message.Length - at))
            return false;
        field = (int)(tag >> 3);
        value = new Part(at, (int)length);
        _at = at + (int)length;
        return true;
    }

    public static bool TryVarint(ReadOnlySpan<byte> from, ref int at, out ulong value)
    {
        value = 0;
        for (var shift = 0; at < from.Length && shift < 7 * MostVarintBytes; shift += 7)
        {
            var next = from[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return true;
        }

        return false;
    }

    /// <summary>The tag of a field that has a length.</summary>
    public static byte TagOf(int field) => (byte)(field << 3 | Delimited);

}

/// <summary>Where a value lies in its message.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Part(int Start, int Length)
{
    public ReadOnlySpan<byte> In(ReadOnlySpan<byte> message) => message.Slice(Start, Length);

    /// <summary>A part of this part, as a part of the whole.</summary>
    public Part Within(Part inner) => new(Start + inner.Start, inner.Length);
}
