using System.Text.Json;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;

namespace ControlPlane.Web.Shared;

/// <summary>
/// Makes the reads of a page. What was read while the document was made on the server goes along with it, so that the same
/// query does not run again when the page comes alive. Scoped.
/// </summary>
public sealed class Reads(PersistentComponentState kept, TimeProvider time, ILogger<Reads> logger)
{
    /// <summary>
    /// Bytes that go along with one page. Encrypted and written as text they are nearly twice as many, and they come back in one message of at most 32 KiB.
    /// </summary>
    private const int MostBytes = 12 * 1024;

    private int _left = MostBytes;

    /// <param name="key">Unique on the page.</param>
    public Read<T> Of<T>(string key, Func<CancellationToken, Task<T>> query)
    {
        var read = new Read<T>(query, time, logger);
        if (kept.TryTakeFromJson<Kept<T>>(key, out var before) && before is not null)
            read.Put(before.Value, before.At);

        kept.RegisterOnPersisting(
            () =>
            {
                if (read.At is { } at)
                    Keep(key, new Kept<T>(read.Value, at));
                return Task.CompletedTask;
            },
            RenderMode.InteractiveServer);
        return read;
    }

    /// <summary>What finds no room is read again when the page comes alive.</summary>
    private void Keep<T>(string key, Kept<T> value)
    {
        var size = JsonSerializer.SerializeToUtf8Bytes(value, JsonSerializerOptions.Web).Length;
        if (size > _left)
            return;
        _left -= size;
        kept.PersistAsJson(key, value);
    }

    private sealed record Kept<T>(T? Value, DateTimeOffset At);
}
