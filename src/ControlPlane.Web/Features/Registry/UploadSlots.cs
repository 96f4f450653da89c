using System.Threading.RateLimiting;
using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Hosting;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Features.Registry;

/// <summary>How many uploads are received at a time: of one person or token, and of all. Thread-safe.</summary>
internal sealed class UploadSlots(IOptions<ArtifactOptions> options) : IEndpointFilter, IDisposable
{
    private const string RetryAfter = "5";

    private readonly PartitionedRateLimiter<string> _each = PartitionedRateLimiter.Create<string, string>(who => RateLimitPartition.GetConcurrencyLimiter(
        who, _ => new ConcurrencyLimiterOptions { PermitLimit = options.Value.MaxParallelUploads, QueueLimit = 0 }));

    private readonly ConcurrencyLimiter _all = new(new ConcurrencyLimiterOptions { PermitLimit = options.Value.MaxParallelUploads * 8, QueueLimit = 0 });

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        using var all = _all.AttemptAcquire();
        using var own = _each.AttemptAcquire(context.HttpContext.User.Actor().Name);
        if (all.IsAcquired && own.IsAcquired)
            return await next(context);

        context.HttpContext.Response.Headers.RetryAfter = RetryAfter;
        return Problems.From(new Refusal(
            "TooManyUploads", $"{options.Value.MaxParallelUploads} uploads of one person or token are received at a time. Wait until one has ended; nothing was kept of this one.", RefusalKind.Overloaded));
    }

    public void Dispose()
    {
        _each.Dispose();
        _all.Dispose();
    }
}
