using Serving.Node.Hosting;

namespace Serving.Node.Log;

/// <summary>Moves rows from the channel to the spool, and seals the spool into segments every few seconds. A full disk costs rows, never requests.</summary>
internal sealed partial class LogWriter(PredictionLog log, NodePaths paths, NodeOptions options, TimeProvider time, ILogger<LogWriter> logger) : BackgroundService
{
    private const long MostSpoolBytes = 16 << 20;
    private static readonly TimeSpan _flushEvery = TimeSpan.FromMilliseconds(500);

    private readonly Spool _spool = new(paths.Spool);
    private readonly Outbox _outbox = new(paths.Outbox, options.LogOutboxBytes);
    private readonly List<LogRow> _open = [];
    private long _opened;
    private long _sequence;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _open.AddRange(_spool.ReadAll());
        _opened = time.GetTimestamp();
        using var timer = new PeriodicTimer(_flushEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await TurnAsync(options.LogSealInterval, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The last rows are sealed, so that the next process has nothing to replay.
            log.Complete();
            await TurnAsync(TimeSpan.Zero, CancellationToken.None);
        }
        finally
        {
            _spool.Dispose();
        }
    }

    private async Task TurnAsync(TimeSpan sealAfter, CancellationToken cancel)
    {
        try
        {
            while (_spool.Length < MostSpoolBytes && log.Rows.TryRead(out var row))
            {
                _open.Add(row);
                _spool.Append(row);
            }

            _spool.Flush();
            if (_open.Count > 0 && (time.GetElapsedTime(_opened) >= sealAfter || _spool.Length >= MostSpoolBytes))
                await SealAsync(cancel);
            if (_open.Count == 0)
                _opened = time.GetTimestamp();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            log.CountDropped(_open.Count);
            LogLost(_open.Count, failure);
            _open.Clear();
        }
    }

    private async Task SealAsync(CancellationToken cancel)
    {
        foreach (var group in _open.GroupBy(row => (row.Endpoint, Hour: new DateTimeOffset(row.At.UtcDateTime.Date.AddHours(row.At.UtcDateTime.Hour), TimeSpan.Zero))))
        {
            var name = $"{paths.NodeName}-{time.GetUtcNow().ToUnixTimeMilliseconds()}{_sequence++ % 1000:D3}";
            var path = _outbox.PathOf(group.Key.Endpoint, group.Key.Hour, name);
            await using (var file = new FileStream(path + ".part", FileMode.Create, FileAccess.Write))
            {
                await Segment.WriteAsync(file, [.. group], paths.NodeName, cancel);
                file.Flush(flushToDisk: true);
            }

            File.Move(path + ".part", path, overwrite: true);
        }

        _open.Clear();
        _spool.Clear();
        if (_outbox.Trim() is > 0 and var removed)
            LogTrimmed(removed);
    }

    [LoggerMessage(LogLevel.Error, "{Rows} prediction log rows were lost: the disk did not take them. Predictions are not affected")]
    private partial void LogLost(int rows, Exception failure);

    [LoggerMessage(LogLevel.Error, "{Segments} prediction log segments were removed unsent: the outbox is full. Predictions are not affected")]
    private partial void LogTrimmed(int segments);
}
