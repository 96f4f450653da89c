namespace Serving.Node.Log.Segments;

/// <summary>Puts the frames of a spool, in their order, into the columns of segments: one an endpoint and hour, more only where tensors of one name are of several kinds. Not thread-safe.</summary>
internal sealed class SpoolReader : IDisposable
{
    private const long MicrosecondsOfAnHour = 3_600_000_000;

    private readonly Dictionary<int, ReadHead> _heads = [];
    private readonly List<(string Endpoint, long Hour, SegmentColumns Rows)> _segments = [];
    private readonly JsonRows _json = new();

    public IReadOnlyList<((string Endpoint, DateTime Hour) Of, SegmentColumns Rows)> Segments =>
        [.. _segments.Where(segment => segment.Rows.Rows > 0).Select(segment => ((segment.Endpoint, DateTime.UnixEpoch.AddHours(segment.Hour)), segment.Rows))];

    /// <returns>False: the frame is damaged, and so is what follows.</returns>
    public bool Read(ReadOnlySpan<byte> frame)
    {
        try
        {
            var reader = new RecordReader(frame);
            if (reader.Kind() == FrameKind.Head)
            {
                var (id, read) = reader.Head();
                _heads.TryAdd(id, read);
                return true;
            }

            if (!_heads.TryGetValue(reader.HeadOfRecord(), out var head))
                return false;
            var hour = Math.DivRem(reader.PeekAt(), MicrosecondsOfAnHour).Quotient;
            if (hour != head.Hour)
                head.GoTo(hour, SegmentOf(head, hour));
            reader.Into(head, _json);
            return true;
        }
        catch (Exception damaged) when (damaged is ArgumentException or OverflowException or NotSupportedException)
        {
            return false;
        }
    }

    public void Dispose() => _json.Dispose();

    private SegmentColumns SegmentOf(ReadHead head, long hour)
    {
        foreach (var segment in _segments)
        {
            if (segment.Endpoint == head.Endpoint && segment.Hour == hour && segment.Rows.Accepts(head))
                return segment.Rows;
        }

        var rows = new SegmentColumns();
        _segments.Add((head.Endpoint, hour, rows));
        return rows;
    }
}
