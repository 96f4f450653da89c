using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Serving.Node.Workers;

/// <summary>One worker that has loaded its model, and how many runs it has under way. Thread-safe.</summary>
internal sealed class WorkerProcess : IDisposable
{
    private const int FirstSignalExit = 128;
    private const int LongestHello = 4 << 20;
    private const int LongestError = 4 << 10;

    private readonly Process _process;
    private readonly string _temporary;
    private readonly Lock _input = new();
    private readonly TaskCompletionSource _hung = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string _error = "";
    private int _runs;
    private volatile bool _drains;

    private WorkerProcess(Process process, string socket, string temporary)
    {
        (_process, Socket, _temporary, Id) = (process, socket, temporary, process.Id);
        process.ErrorDataReceived += (_, line) => _error = line.Data is { Length: > 0 } text ? text[..Math.Min(text.Length, LongestError)] : _error;
        process.BeginErrorReadLine();
        Exited = process.WaitForExitAsync(CancellationToken.None);
    }

    public int Id { get; }

    /// <summary>Where it takes connections.</summary>
    public string Socket { get; }

    public WorkerHello Hello { get; private set; } = null!;

    public Task Exited { get; }

    /// <summary>Ends when a run did not end although it was told to.</summary>
    public Task Hung => _hung.Task;

    public bool IsGone => Exited.IsCompleted;

    public int Runs => Volatile.Read(ref _runs);

    /// <summary>Physical memory, bytes; 0: it has ended.</summary>
    public long ResidentBytes()
    {
        try
        {
            return long.Parse(File.ReadAllText($"/proc/{Id}/statm").Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>How it ended: <c>signal 11</c>.</summary>
    public string End => _process.ExitCode > FirstSignalExit ? $"signal {_process.ExitCode - FirstSignalExit}" : $"exit code {_process.ExitCode}{(_error.Length > 0 ? $": {_error}" : "")}";

    /// <param name="longest">Until it must have loaded its model.</param>
    /// <exception cref="ModelRefusedException">The runtime refuses the model.</exception>
    /// <exception cref="WorkerDiedException">It ended before, or took too long.</exception>
    public static async Task<WorkerProcess> StartAsync(ProcessStartInfo start, string socket, TimeSpan longest, TimeProvider time, CancellationToken cancel)
    {
        var worker = new WorkerProcess(Process.Start(start)!, socket, start.WorkingDirectory);
        try
        {
            using var late = new CancellationTokenSource(longest, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
            worker.Hello = await worker.HelloAsync(either.Token);
            return worker.Hello.Signature is null ? throw new ModelRefusedException(worker.Hello.Refused ?? "") : worker;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            worker.Dispose();
            throw new WorkerDiedException($"did not load its model in {longest.TotalSeconds:0} s and was killed");
        }
        catch
        {
            worker.Dispose();
            throw;
        }
    }

    /// <returns>False: it takes no more runs.</returns>
    public bool TryEnter()
    {
        Interlocked.Increment(ref _runs);
        if (!_drains && !IsGone)
            return true;
        Leave();
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _runs);

    public void Drain() => _drains = true;

    /// <summary>Asks for the end of a run; one that is over is left alone.</summary>
    public void EndRun(int connection, int run)
    {
        Span<byte> message = stackalloc byte[WorkerCommand.EndBytes];
        BinaryPrimitives.WriteInt32LittleEndian(message, connection);
        BinaryPrimitives.WriteInt32LittleEndian(message[4..], run);
        try
        {
            lock (_input)
            {
                _process.StandardInput.BaseStream.Write(message);
                _process.StandardInput.BaseStream.Flush();
            }
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException)
        {
            // Then the run has ended as well.
        }
    }

    /// <summary>A run in it does not end.</summary>
    public void DoesNotEnd() => _hung.TrySetResult();

    public void Kill()
    {
        try
        {
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    /// <summary>Ends it where it still runs. Its process object stays with the system until then.</summary>
    public void Dispose()
    {
        Kill();
        File.Delete(Socket);
        _ = CleanAsync();
    }

    private async Task CleanAsync()
    {
        await Exited.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _process.Dispose();
        if (Directory.Exists(_temporary))
            Directory.Delete(_temporary, recursive: true);
    }

    private async Task<WorkerHello> HelloAsync(CancellationToken cancel)
    {
        var text = new char[LongestHello];
        var length = 0;
        while (length < text.Length && (length == 0 || text[length - 1] != '\n'))
        {
            var read = await _process.StandardOutput.ReadAsync(text.AsMemory(length), cancel);
            if (read == 0)
            {
                await Exited.WaitAsync(cancel);
                throw new WorkerDiedException(End);
            }

            length += read;
        }

        try
        {
            return JsonSerializer.Deserialize(text.AsSpan(0, length), WorkerJson.Default.WorkerHello) ?? throw new WorkerDiedException("it said nothing");
        }
        catch (JsonException)
        {
            throw new WorkerDiedException("what it said could not be read");
        }
    }
}
