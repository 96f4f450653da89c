using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.ML.OnnxRuntime.Tensors;
using Serving.Node.Predict;
using Serving.Node.Tensors;

namespace Serving.Node.Workers;

/// <summary>
/// One message between a node and a worker, written and read in the same memory from run to run: its length, a kind, and tensors one after the other.
/// All numbers little-endian. The other side may be damaged by a hostile model, so nothing that it says of lengths is believed. Not thread-safe.
/// </summary>
internal sealed class Frame
{
    public const byte Run = 1;
    public const byte Answered = 2;
    public const byte Failed = 3;
    public const byte NotSupported = 4;

    private const int Head = 5;
    private const int Longest = 1 << 30;
    private const int Kept = 8 << 20;
    private const int MostDimensions = 64;
    private const byte NoLabels = 0;
    private const byte SameLabels = 1;
    private const byte NewLabels = 2;

    private byte[] _bytes = new byte[4096];
    private int _length;
    private int _at;

    public byte Kind => _bytes[4];

    public void Begin(byte kind)
    {
        if (_bytes.Length > Kept)
            _bytes = new byte[4096];
        _length = Head;
        _bytes[4] = kind;
    }

    /// <exception cref="SocketException">The connection is gone.</exception>
    public void Send(Socket socket)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_bytes, _length);
        for (var sent = 0; sent < _length;)
            sent += socket.Send(_bytes.AsSpan(sent, _length - sent));
    }

    /// <returns>False: the other side has closed the connection.</returns>
    /// <exception cref="InvalidDataException">What it sends is no message.</exception>
    /// <exception cref="SocketException">The connection is gone.</exception>
    public bool Receive(Socket socket)
    {
        _at = Head;
        var have = 0;
        _length = Head;
        while (have < _length)
        {
            var read = socket.Receive(_bytes.AsSpan(have, (have < Head ? _bytes.Length : _length) - have));
            if (read == 0)
                return false;
            have += read;
            if (have < Head || _length > Head)
                continue;
            _length = BinaryPrimitives.ReadInt32LittleEndian(_bytes);
            if (_length is < Head or > Longest || have > _length)
                throw new InvalidDataException($"A message of {_length} bytes.");
            Ensure(_length, have);
        }

        return true;
    }

    public void Write(string text)
    {
        var bytes = Encoding.UTF8.GetByteCount(text);
        Put(bytes);
        Encoding.UTF8.GetBytes(text, Room(bytes));
    }

    /// <exception cref="InvalidDataException">It is not there.</exception>
    public string ReadText() => Encoding.UTF8.GetString(Take(Get<int>()));

    /// <summary>All inputs, and of those with a default the ones that were given.</summary>
    /// <exception cref="NotSupportedException">The message would be too long.</exception>
    public void WriteInputs(ModelCall call)
    {
        ClassLabels? none = null;
        for (var i = 0; i < call.AllInputs.Length; i++)
        {
            if (i >= call.Inputs.Length)
                Put((byte)(call.AllInputs[i].IsSet ? 1 : 0));
            if (i < call.Inputs.Length || call.AllInputs[i].IsSet)
                Write(call.AllInputs[i], ref none);
        }
    }

    /// <exception cref="InvalidDataException">What is there are no inputs.</exception>
    public void ReadInputs(ModelCall call)
    {
        ClassLabels? none = null;
        for (var i = 0; i < call.AllInputs.Length; i++)
        {
            if (i < call.Inputs.Length || Get<byte>() != 0)
                Read(call.AllInputs[i], ref none);
        }
    }

    /// <param name="labels">What the other side knows already; set to what it knows afterwards.</param>
    /// <exception cref="NotSupportedException">The message would be too long.</exception>
    public void Write(TensorBuffer tensor, ref ClassLabels? labels)
    {
        Put((byte)tensor.Type);
        Put((byte)tensor.Shape.Length);
        foreach (var size in tensor.Shape)
            Put(size);
        if (tensor.IsText)
        {
            for (var i = 0; i < tensor.Count; i++)
            {
                var text = tensor.Text(i);
                Put(text.Length);
                text.CopyTo(Room(text.Length));
            }
        }
        else
        {
            tensor.Raw.CopyTo(Room(tensor.Raw.Length));
        }

        WriteLabels(tensor, ref labels);
    }

    /// <exception cref="InvalidDataException">What is there is no tensor.</exception>
    public void Read(TensorBuffer into, ref ClassLabels? labels)
    {
        var type = (TensorElementType)Get<byte>();
        Span<long> shape = stackalloc long[MostDimensions];
        var rank = Get<byte>();
        if (rank > MostDimensions)
            throw new InvalidDataException($"A tensor of {rank} dimensions.");
        for (var i = 0; i < rank; i++)
            shape[i] = Get<long>() is >= 0 and var size ? size : throw new InvalidDataException("A negative size.");
        var elements = ShapeText.Elements(shape[..rank]);
        var least = elements * (UInt128)(type == TensorElementType.String ? sizeof(int) : SizeOf(type));
        if (elements > int.MaxValue || least > (UInt128)(_length - _at))
            throw new InvalidDataException("A tensor larger than its message.");

        into.Reshape(type, shape[..rank]);
        if (into.IsText)
        {
            for (var i = 0; i < into.Count; i++)
                into.AddText(Take(Get<int>()));
        }
        else
        {
            Take(into.Raw.Length).CopyTo(into.Raw);
        }

        ReadLabels(into, ref labels);
    }

    private void WriteLabels(TensorBuffer tensor, ref ClassLabels? labels)
    {
        if (tensor.Labels is null || ReferenceEquals(tensor.Labels, labels))
        {
            Put(tensor.Labels is null ? NoLabels : SameLabels);
            return;
        }

        Put(NewLabels);
        Put((byte)(tensor.Labels.AreText ? 1 : 0));
        Put(tensor.Labels.Names.Length);
        foreach (var name in tensor.Labels.Names)
            Write(name);
        labels = tensor.Labels;
    }

    private void ReadLabels(TensorBuffer into, ref ClassLabels? labels)
    {
        var which = Get<byte>();
        if (which == NewLabels)
        {
            var areText = Get<byte>() == 1;
            var count = Get<int>();
            if (count < 0 || count > (_length - _at) / sizeof(int))
                throw new InvalidDataException($"{count} labels.");
            var names = new string[count];
            for (var i = 0; i < count; i++)
                names[i] = ReadText();
            labels = new ClassLabels(names, areText);
        }

        into.Labels = which == NoLabels ? null : labels;
    }

    private static int SizeOf(TensorElementType type)
    {
        try
        {
            return Datatype.SizeOf(type);
        }
        catch (NotSupportedException unknown)
        {
            throw new InvalidDataException(unknown.Message, unknown);
        }
    }

    private void Put<T>(T value)
        where T : unmanaged => Unsafe.WriteUnaligned(ref Room(Unsafe.SizeOf<T>())[0], value);

    private T Get<T>()
        where T : unmanaged => Unsafe.ReadUnaligned<T>(in Take(Unsafe.SizeOf<T>())[0]);

    private Span<byte> Room(int bytes)
    {
        if (bytes > Longest - _length)
            throw new NotSupportedException("The tensors of one run take more than 1 GiB together.");
        Ensure(_length + bytes, _length);
        var room = _bytes.AsSpan(_length, bytes);
        _length += bytes;
        return room;
    }

    private ReadOnlySpan<byte> Take(int bytes)
    {
        if (bytes < 0 || bytes > _length - _at)
            throw new InvalidDataException("A message that ends before its end.");
        var taken = _bytes.AsSpan(_at, bytes);
        _at += bytes;
        return taken;
    }

    private void Ensure(int bytes, int kept)
    {
        if (bytes <= _bytes.Length)
            return;
        var larger = new byte[(int)Math.Min(Math.Max((long)bytes, 2L * _bytes.Length), Math.Max(bytes, Kept))];
        _bytes.AsSpan(0, kept).CopyTo(larger);
        _bytes = larger;
    }
}
