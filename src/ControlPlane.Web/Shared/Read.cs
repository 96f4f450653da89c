using System.Diagnostics;

namespace ControlPlane.Web.Shared;

/// <summary>Runs one query and keeps its last answer, also when the next attempt fails. For one component; not thread-safe.</summary>
public sealed partial class Read<T>(Func<CancellationToken, Task<T>> query, TimeProvider time, ILogger logger) : IRead
{
    public T? Value { get; private set; }

    public bool HasValue => At is not null;

    public string? ErrorId { get; private set; }

    public DateTimeOffset? At { get; private set; }

    public async Task RunAsync()
    {
        try
        {
            Put(await query(CancellationToken.None), time.GetUtcNow());
        }
        catch (Exception failure)
        {
            ErrorId = Activity.Current?.TraceId.ToHexString() ?? ActivityTraceId.CreateRandom().ToHexString();
            LogReadFailed(failure, ErrorId);
        }
    }

    internal void Put(T? value, DateTimeOffset at) => (Value, At, ErrorId) = (value, at, null);

    [LoggerMessage(LogLevel.Error, "A region of a page could not be read ({Id})")]
    private partial void LogReadFailed(Exception failure, string id);
}
