using ControlPlane.Data;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Registry;
using ControlPlane.Web.Effects;
using ControlPlane.Web.Live;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Features.Registry;

/// <summary>Carries out the order that an upload leaves: Validating → Ready or Rejected.</summary>
internal sealed class InspectVersion(IDbContextFactory<ControlPlaneDb> factory, VersionInspector inspector, LiveFeed feed, TimeProvider time) : IEffectHandler
{
    public string Kind => PendingEffect.InspectVersion;

    public async Task CarryOutAsync(string subject, CancellationToken cancel)
    {
        var id = new VersionId(Guid.Parse(subject));
        var version = await FindAsync(id, cancel);
        if (version?.State != VersionState.Validating)
            return;

        var report = await inspector.InspectAsync(version.Manifest, cancel);
        await factory.ChangeAsync<Done>(
            async db =>
            {
                if (await db.Versions.SingleOrDefaultAsync(known => known.Id == id, cancel) is not { State: VersionState.Validating } current)
                    return default(Done);
                var at = time.GetUtcNow();
                current.Validated(report, at);
                db.Audit(Actor.Automatic, "version.validated", $"model/{current.ModelName}/{current.Number}", at, current.RejectedReason, after: current.State.ToString());
                return default(Done);
            },
            cancel);
        feed.Publish(LiveTopics.Models);
    }

    private async Task<ModelVersion?> FindAsync(VersionId id, CancellationToken cancel)
    {
        await using var db = await factory.CreateDbContextAsync(cancel);
        return await db.Versions.AsNoTracking().SingleOrDefaultAsync(known => known.Id == id, cancel);
    }
}
