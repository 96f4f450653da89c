using System.Buffers;
using System.Text;
using Serving.Node.Protocols.Rpc;
using Serving.Node.Receive;
using Serving.Node.Respond;
using Serving.Node.Tensors;

namespace Serving.Node.Protocols.OpenInference;

/// <summary>A <see cref="PlainInfer"/> and its answer, a framed message with raw outputs.</summary>
internal sealed class PlainInferExchange : Exchange
{
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _part;

    public override string Protocol => "oip-grpc";

    public PlainInfer Request { get; } = new();

    public override void Read() => Request.Read(Body.Span, Call, Endpoint.State.Limits.MaxRows);

    public override string Write(ResponseBuffer into)
    {
        var message = into.Bytes;
        message.Write(stackalloc byte[RpcFrame.PrefixBytes]);
        WriteText(message, 1, Endpoint.Name);
        WriteText(message, 2, Arm.Release.State.Version);
        if (Request.Id.Length > 0)
            WriteBytes(message, 3, Request.Id.In(Body.Span));
        foreach (var output in Call.Outputs)
            WriteBytes(message, 5, Described(output));
        foreach (var output in Call.Outputs)
            WriteContents(message, output);
        RpcFrame.Close(into.Written);
        return RpcFrame.ContentType;
    }

    public override string WriteFailure(ResponseBuffer into, Failure failure) => RpcFrame.ContentType;

    public override void Recycle()
    {
        base.Recycle();
        Request.Clear();
    }

    /// <returns>Name, type and shape of an output; until this thread asks again.</returns>
    private static ReadOnlySpan<byte> Described(TensorBuffer output)
    {
        var part = _part ??= new ArrayBufferWriter<byte>();
        part.ResetWrittenCount();
        WriteText(part, 1, output.Name);
        WriteText(part, 2, Datatype.NameOf(output.Type));
        Span<byte> shape = stackalloc byte[10 * output.Shape.Length];
        var length = 0;
        foreach (var size in output.Shape)
            length += Varint(shape[length..], (ulong)size);
        WriteBytes(part, 3, shape[..length]);
        if (output.Labels is { } labels)
            WriteBytes(part, 4, Classes(labels.Utf8));
        return part.WrittenSpan;
    }

    /// <summary>An entry of the map of parameters: <c>classes</c>, and a text.</summary>
    private static byte[] Classes(byte[] labels)
    {
        var parameter = new ArrayBufferWriter<byte>();
        WriteBytes(parameter, 3, labels);
        var entry = new ArrayBufferWriter<byte>();
        WriteText(entry, 1, "classes");
        WriteBytes(entry, 2, parameter.WrittenSpan);
        return entry.WrittenSpan.ToArray();
    }

    private static void WriteContents(IBufferWriter<byte> into, TensorBuffer output)
    {
        WriteHead(into, 6, checked((int)BinaryTensor.SizeOf(output)));
        BinaryTensor.Write(output, into);
    }

    private static void WriteText(IBufferWriter<byte> into, int field, string text)
    {
        WriteHead(into, field, Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, into);
    }

    private static void WriteBytes(IBufferWriter<byte> into, int field, ReadOnlySpan<byte> bytes)
    {
        WriteHead(into, field, bytes.Length);
        into.Write(bytes);
    }

    private static void WriteHead(IBufferWriter<byte> into, int field, int length)
    {
        var room = into.GetSpan(6);
        room[0] = WireReader.TagOf(field);
        into.Advance(1 + Varint(room[1..], (ulong)length));
    }

    private static int Varint(Span<byte> into, ulong value)
    {
        var at = 0;
        for (; value >= 0x80; value >>= 7)
            into[at++] = (byte)(value | 0x80);
        into[at++] = (byte)value;
        return at;
    }
}
