using ControlPlane.Data;
using ControlPlane.Data.Identity;
using ControlPlane.Data.Releases;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Releases;
using ControlPlane.Web.Features.Access;
using ControlPlane.Web.Live;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Web.Features.Endpoints;

/// <summary>Makes environments, and says which of them need the approval of a second person.</summary>
internal sealed class EnvironmentCommands(IDbContextFactory<ControlPlaneDb> factory, LiveFeed feed, TimeProvider time)
{
    /// <summary>Far more than anybody runs; each costs a desired state.</summary>
    public const int Most = 100;

    public async Task<Outcome<ServingEnvironment>> CreateAsync(string? name, bool isProtected, Actor actor, CancellationToken cancel)
    {
        if (Names.Check("name", name) is { } nameless)
            return nameless;
        var outcome = await factory.ChangeAsync<ServingEnvironment>(actor, new Need(Permission.ManageEnvironments, $"environment/{name}"), time.GetUtcNow(), async db =>
        {
            var now = time.GetUtcNow();
            if (await db.Environments.AnyAsync(known => known.Name == name, cancel))
                return new Refusal("EnvironmentExists", $"There is an environment {name} already. Its protection is changed by PATCH.");
            if (await db.Environments.CountAsync(cancel) >= Most)
                return new Refusal("TooManyEnvironments", $"There are {Most} environments, as many as this installation takes.");

            var made = new ServingEnvironment { Name = name!, TimelineId = Guid.CreateVersion7(now).ToString("N"), Protected = isProtected };
            db.Environments.Add(made);
            db.Audit(actor, "environment.created", $"environment/{name}", now, after: Words(isProtected));
            await db.PublishAsync(made.Name, actor, "Environment created", now, cancel);
            return made;
        }, cancel);
        feed.Publish(LiveTopics.Endpoints);
        return outcome;
    }

    /// <summary>Switches protection of an environment that exists.</summary>
    public async Task<Outcome<ServingEnvironment>> ProtectAsync(string name, bool isProtected, Actor actor, CancellationToken cancel)
    {
        var outcome = await factory.ChangeAsync<ServingEnvironment>(actor, new Need(Permission.ManageEnvironments, $"environment/{name}"), time.GetUtcNow(), async db =>
        {
            if (await db.Environments.SingleOrDefaultAsync(known => known.Name == name, cancel) is not { } existing)
                return Refusal.NotFound("environment", name);
            return Protect(db, existing, isProtected, actor, time.GetUtcNow()) is { } refusal ? refusal : existing;
        }, cancel);
        feed.Publish(LiveTopics.Endpoints);
        return outcome;
    }

    /// <summary>Taking protection away lets one person do what two had to: it asks for as much as an approval does.</summary>
    private static Refusal? Protect(ControlPlaneDb db, ServingEnvironment environment, bool isProtected, Actor actor, DateTimeOffset now)
    {
        if (environment.Protected == isProtected)
            return null;
        if (!isProtected && Proofs.WhyNot(actor, now) is { } unproved)
            return unproved;
        db.Audit(actor, isProtected ? "environment.protected" : "environment.unprotected", $"environment/{environment.Name}", now, before: Words(environment.Protected), after: Words(isProtected));
        environment.Protected = isProtected;
        return null;
    }

    private static string Words(bool isProtected) => isProtected ? """{"protected":true}""" : """{"protected":false}""";
}
