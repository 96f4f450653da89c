using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Features.Nodes;

/// <summary>Counts wrong join tokens by address. A thousand nodes with a good one may join in the same minute. Thread-safe; an address that is quiet is forgotten.</summary>
internal sealed class JoinGuesses(IOptions<NodesOptions> options) : IDisposable
{
    public const string RetryAfter = "60";

    private readonly PartitionedRateLimiter<string> _wrong = PartitionedRateLimiter.Create<string, string>(from => RateLimitPartition.GetFixedWindowLimiter(
        from, _ => new FixedWindowRateLimiterOptions { PermitLimit = options.Value.JoinGuesses, Window = TimeSpan.FromMinutes(1) }));

    public bool AreTooMany(string from)
    {
        using var lease = _wrong.AttemptAcquire(from, permitCount: 0);
        return !lease.IsAcquired;
    }

    public void Note(string from) => _wrong.AttemptAcquire(from).Dispose();

    public void Dispose() => _wrong.Dispose();
}
