using Serving.Contracts.State;
using Serving.Node.Versions;

namespace Serving.Node.Log;

/// <summary>What is the same in all records of an arm: written once into each chunk, before the first record that refers to it. Immutable.</summary>
internal sealed class LogHead
{
    private static int _last;

    private LogHead(ReadOnlySpan<byte> frame, int id, LogColumn[] columns)
    {
        Frame = frame.ToArray();
        Id = id;
        Columns = columns;
    }

    /// <summary>Unique in this process.</summary>
    public int Id { get; }

    /// <summary>As it lies in a chunk.</summary>
    public byte[] Frame { get; }

    /// <summary>The tensors that are logged.</summary>
    public LogColumn[] Columns { get; }

    public static LogHead Of(EndpointState endpoint, LoadedRelease release, string arm)
    {
        var id = Interlocked.Increment(ref _last);
        var fields = endpoint.Logging.Fields;
        LogColumn[] columns =
        [
            .. release.Model.Inputs.Select(LogColumn.OfInput).Where(column => fields is null || fields.Contains(column.Name[2..])),
            .. release.Model.Outputs.Select(LogColumn.OfOutput),
        ];

        var chunk = new LogChunk();
        var begin = chunk.Begin(FrameKind.Head);
        chunk.WriteInt(id);
        foreach (var text in (ReadOnlySpan<string>)[endpoint.Name, release.Id, release.State.Model, release.State.Version, arm])
            chunk.WriteText(text);
        chunk.WriteDouble(endpoint.Logging.Sample);
        chunk.WriteShort(columns.Length);
        foreach (var column in columns)
        {
            chunk.WriteText(column.Name);
            chunk.WriteByte((byte)column.Kind);
            chunk.WriteByte((byte)column.Type);
        }

        chunk.End(begin);
        return new LogHead(chunk.Bytes, id, columns);
    }
}

/// <summary>What a frame of the log holds, its first byte after the length.</summary>
internal enum FrameKind : byte
{
    Head = 1,
    Record = 2,
}
