using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace Serving.Node.Tests.Kit;

/// <summary>Files by their hash, given whole, cut, damaged or never.</summary>
internal sealed class FakeBlobs
{
    private readonly ConcurrentDictionary<string, byte[]> _files = new();
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>So many downloads still end after half of what was asked for.</summary>
    public int CutsLeft;

    /// <summary>One bit of every answer is another than was stored.</summary>
    public bool FlipsABit { get; set; }

    /// <summary>Files of at least this size begin to be answered and then bring nothing more.</summary>
    public long StallsFrom { get; set; } = long.MaxValue;

    /// <summary>How each download was asked for: the first byte, whether with If-Range, and by what status it was answered.</summary>
    public ConcurrentQueue<(string Sha256, long From, bool IfRange)> Asked { get; } = new();

    public string Add(byte[] file)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(file));
        _files[hash] = file;
        return hash;
    }

    /// <summary>Downloads that stall end now.</summary>
    public void Release() => _released.TrySetResult();

    public async Task AnswerAsync(string sha256, HttpContext context)
    {
        if (!_files.TryGetValue(sha256, out var file))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        var range = context.Request.GetTypedHeaders().Range?.Ranges.Single().From;
        var from = (int)(range ?? 0);
        Asked.Enqueue((sha256, from, context.Request.Headers.IfRange == $"\"{sha256}\""));
        var rest = file[from..];
        if (FlipsABit)
            rest[rest.Length / 2] ^= 1;

        context.Response.Headers.ETag = $"\"{sha256}\"";
        context.Response.ContentLength = rest.Length;
        if (range is not null)
        {
            context.Response.StatusCode = StatusCodes.Status206PartialContent;
            context.Response.Headers.ContentRange = $"bytes {from}-{file.Length - 1}/{file.Length}";
        }

        var stalls = file.Length >= StallsFrom;
        var isCut = !stalls && Interlocked.Decrement(ref CutsLeft) >= 0;
        await context.Response.Body.WriteAsync(rest.AsMemory(0, stalls || isCut ? rest.Length / 2 : rest.Length));
        await context.Response.Body.FlushAsync();
        if (stalls)
            await Task.WhenAny(_released.Task, Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted));
        if (stalls || isCut)
            context.Abort();
    }
}
