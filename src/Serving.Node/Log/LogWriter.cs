using System.Globalization;
using Serving.Contracts.Predictions;
using Serving.Node.Hosting;
using Serving.Node.Log.Segments;

namespace Serving.Node.Log;

/// <summary>Moves rows from the queue to the spool, and seals the spool into segments every few seconds. A full disk costs rows, never requests.</summary>
internal sealed partial class LogWriter(PredictionLog log, NodePaths paths, NodeOptions options, TimeProvider time, ILogger<LogWriter> logger) : BackgroundService
{
    private const long MostSpoolBytes = 16 << 20;
    private static readonly TimeSpan _turn = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _flushEvery = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan _restAfterFailure = TimeSpan.FromSeconds(5);

    private readonly Outbox _outbox = new(paths.Outbox, options.LogOutboxBytes);
    private Spool? _spool;
    private long _opened;
    private long _flushed;
    private long _lastNumber;
    private long? _failed;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        await ReplayAsync();
        using var timer = new PeriodicTimer(_turn, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await TurnAsync(options.LogSealInterval);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The last rows are sealed, so that the next process has nothing to replay.
            log.Complete();
            await TurnAsync(TimeSpan.Zero);
        }
    }

    /// <summary>Seals what an earlier process did not come to.</summary>
    private async Task ReplayAsync()
    {
        foreach (var left in Spool.Leftovers(paths.Spool))
        {
            try
            {
                _lastNumber = Math.Max(_lastNumber, left.Number);
                await SealAsync(left);
                left.Delete();
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                LogNotReplayed(left.Number, failure);
            }
        }
    }

    private async Task TurnAsync(TimeSpan sealAfter)
    {
        if (_failed is { } since && time.GetElapsedTime(since) < _restAfterFailure)
        {
            DropQueued();
            return;
        }

        try
        {
            TakeQueued();
            if (_spool is null || (time.GetElapsedTime(_opened) < sealAfter && _spool.Length < MostSpoolBytes))
                return;

            _spool.Flush();
            await SealAsync(_spool);
            _spool.Delete();
            _spool = null;
            _failed = null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            GiveUp(failure);
        }
    }

    private void TakeQueued()
    {
        var visited = 0;
        while ((_spool?.Length ?? 0) < MostSpoolBytes && log.TryTake(ref visited, out var chunk))
        {
            if (_spool is null)
            {
                _lastNumber = Math.Max(_lastNumber + 1, time.GetUtcNow().ToUnixTimeMilliseconds());
                _spool = new Spool(paths.Spool, _lastNumber);
                _opened = _flushed = time.GetTimestamp();
            }

            try
            {
                _spool.Append(chunk);
            }
            finally
            {
                log.GiveBack(chunk);
            }
        }

        if (_spool is not null && time.GetElapsedTime(_flushed) >= _flushEvery)
        {
            _spool.Flush();
            _flushed = time.GetTimestamp();
        }
    }

    private async Task SealAsync(Spool spool)
    {
        var segments = spool.ReadAll();
        try
        {
            var part = 0;
            foreach (var (of, rows) in segments)
            {
                var file = string.Create(CultureInfo.InvariantCulture, $"{paths.NodeName}-{spool.Number}{part++:D3}");
                await _outbox.PutAsync(new SegmentName(of.Endpoint, DateOnly.FromDateTime(of.Hour), of.Hour.Hour, file), into =>
                {
                    Segment.Write(into, rows, paths.NodeName);
                    return Task.CompletedTask;
                });
            }
        }
        finally
        {
            foreach (var (_, rows) in segments)
                rows.Dispose();
        }

        if (_outbox.Trim() is > 0 and var removed)
        {
            log.CountDroppedSegments(removed);
            LogTrimmed(removed);
        }
    }

    /// <summary>The disk does not take the rows: they are dropped and counted, their room is given back, and a while later it is tried again.</summary>
    private void GiveUp(Exception failure)
    {
        var lost = Math.Max(1, _spool?.Rows ?? 0);
        log.CountDropped(lost);
        LogLost(lost, failure);
        _failed = time.GetTimestamp();
        try
        {
            _spool?.Delete();
        }
        catch (Exception alsoFailed) when (alsoFailed is IOException or UnauthorizedAccessException)
        {
            LogNotReplayed(_spool!.Number, alsoFailed);
        }

        _spool = null;
    }

    private void DropQueued()
    {
        var visited = 0;
        while (log.TryTake(ref visited, out var chunk))
        {
            log.CountDropped(chunk.Rows);
            log.GiveBack(chunk);
        }
    }

    [LoggerMessage(LogLevel.Error, "{Rows} prediction log rows were lost: the disk did not take them. Predictions are not affected")]
    private partial void LogLost(long rows, Exception failure);

    [LoggerMessage(LogLevel.Error, "{Segments} prediction log segments were removed unsent: the outbox is full. Predictions are not affected")]
    private partial void LogTrimmed(int segments);

    [LoggerMessage(LogLevel.Warning, "Spool {Number} of the prediction log could not be read or removed")]
    private partial void LogNotReplayed(long number, Exception failure);
}
