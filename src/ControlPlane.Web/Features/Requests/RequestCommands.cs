using ControlPlane.Data;
using ControlPlane.Data.Identity;
using ControlPlane.Data.Lake;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Features.Requests;

/// <summary>What can be done with logged predictions.</summary>
internal sealed class RequestCommands(IDbContextFactory<ControlPlaneDb> factory, LakeUpkeep upkeep, TimeProvider time)
{
    private const int LongestId = 64;

    /// <summary>Takes a request out of the log: what went in and what came out of it.</summary>
    public async Task<Outcome<Done>> ForgetAsync(string requestId, Actor actor, CancellationToken cancel)
    {
        var need = new Need(Permission.ForgetRequests, $"request/{requestId}");
        if (await factory.WhyNotAsync(actor, need, time.GetUtcNow(), cancel) is { } denied)
            return denied;
        if (requestId.Length > LongestId || !requestId.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-'))
            return Refusal.NotFound("logged request", requestId);
        if (await upkeep.ForgetAsync(requestId, cancel) == 0)
            return Refusal.NotFound("logged request", requestId);
        return await factory.ChangeAsync<Done>(
            actor,
            need,
            time.GetUtcNow(),
            db =>
            {
                db.Audit(actor, "request.deleted", need.Target, time.GetUtcNow());
                return Task.FromResult<Outcome<Done>>(default(Done));
            },
            cancel);
    }
}
