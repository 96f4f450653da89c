using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;

namespace ControlPlane.Web.Shared;

/// <summary>
/// Makes the reads of a page. What was read while the document was made on the server goes along with it, so that the same
/// query does not run again when the page comes alive. Scoped.
/// </summary>
public sealed class Reads(PersistentComponentState kept, TimeProvider time, ILogger<Reads> logger)
{
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
                    kept.PersistAsJson(key, new Kept<T>(read.Value, at));
                return Task.CompletedTask;
            },
            RenderMode.InteractiveServer);
        return read;
    }

    private sealed record Kept<T>(T? Value, DateTimeOffset At);
}
