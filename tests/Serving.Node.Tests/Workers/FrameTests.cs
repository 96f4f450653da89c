using System.Net.Sockets;
using Microsoft.ML.OnnxRuntime.Tensors;
using Serving.Node.Tensors;
using Serving.Node.Workers;

namespace Serving.Node.Tests.Workers;

/// <summary>What goes over the socket arrives as it was, and what a damaged worker may send is refused before memory is taken for it.</summary>
public sealed class FrameTests : IDisposable
{
    private readonly string _path = Path.Combine(Directory.CreateTempSubdirectory("frame-").FullName, "s");
    private readonly Socket _here = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Socket _there;

    public FrameTests()
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(_path));
        listener.Listen();
        _here.Connect(new UnixDomainSocketEndPoint(_path));
        _there = listener.Accept();
    }

    [Fact]
    public void Numbers_text_and_labels_arrive_as_they_were()
    {
        using var numbers = new TensorBuffer("n", TensorElementType.Int64);
        numbers.Reshape([2, 3]);
        new long[] { 1, -2, long.MaxValue, 4, 5, 6 }.CopyTo(numbers.Values<long>());
        using var text = new TensorBuffer("t", TensorElementType.String);
        text.Reshape([3]);
        foreach (var one in new[] { "", "süß", new string('x', 10_000) })
            text.AddText(one);
        using var classes = new TensorBuffer("c", TensorElementType.Float);
        classes.Reshape([1, 2]);
        classes.Labels = new ClassLabels(["a", "b"], AreText: true);
        ClassLabels? sent = null, kept = null;
        using TensorBuffer one2 = new("n", TensorElementType.Float), two = new("t", TensorElementType.Float), three = new("c", TensorElementType.Float);

        for (var round = 0; round < 2; round++)
        {
            var frame = new Frame();
            frame.Begin(Frame.Answered);
            ClassLabels? none = null;
            frame.Write(numbers, ref none);
            frame.Write(text, ref none);
            frame.Write(classes, ref sent);
            frame.Send(_here);
            var arrived = new Frame();
            Assert.True(arrived.Receive(_there));
            arrived.Read(one2, ref none);
            arrived.Read(two, ref none);
            arrived.Read(three, ref kept);

            Assert.Equal(Frame.Answered, arrived.Kind);
            Assert.Equal((numbers.Type, numbers.Shape.ToArray(), numbers.Raw.ToArray()), (one2.Type, one2.Shape.ToArray(), one2.Raw.ToArray()), EqualParts);
            Assert.Equal(["", "süß", new string('x', 10_000)], Enumerable.Range(0, 3).Select(i => System.Text.Encoding.UTF8.GetString(two.Text(i))));
            Assert.Equal(["a", "b"], three.Labels!.Names);
        }
    }

    public static TheoryData<string, byte[]> Lies => new()
    {
        { "a length below its own", [3, 0, 0, 0, 2] },
        { "a length of 2 GiB", [255, 255, 255, 127, 2] },
        { "a tensor larger than its message", [15, 0, 0, 0, 2, 1, 1, 255, 255, 255, 127, 0, 0, 0, 0] },
        { "a negative size", [15, 0, 0, 0, 2, 1, 1, 255, 255, 255, 255, 255, 255, 255, 255] },
        { "too many dimensions", [7, 0, 0, 0, 2, 1, 200] },
        { "an element type that there is not", [7, 0, 0, 0, 2, 99, 0] },
        { "texts that are not there", [19, 0, 0, 0, 2, 8, 1, 1, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 127] },
        { "nothing at all", [5, 0, 0, 0, 2] },
    };

    [Theory, MemberData(nameof(Lies))]
    public void What_is_no_message_is_refused(string what, byte[] sent)
    {
        _here.Send(sent);
        using var into = new TensorBuffer("x", TensorElementType.Float);
        var frame = new Frame();

        var failure = Record.Exception(() =>
        {
            ClassLabels? none = null;
            frame.Receive(_there);
            frame.Read(into, ref none);
        });

        Assert.True(failure is InvalidDataException, what);
    }

    [Fact]
    public void A_closed_connection_is_no_message()
    {
        _here.Dispose();

        Assert.False(new Frame().Receive(_there));
    }

    public void Dispose()
    {
        _here.Dispose();
        _there.Dispose();
        Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);
    }

    private static bool EqualParts((TensorElementType, long[], byte[]) first, (TensorElementType, long[], byte[]) second) =>
        first.Item1 == second.Item1 && first.Item2.SequenceEqual(second.Item2) && first.Item3.SequenceEqual(second.Item3);
}
