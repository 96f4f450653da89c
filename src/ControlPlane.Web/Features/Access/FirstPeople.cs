using ControlPlane.Data;
using ControlPlane.Data.Identity;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using ControlPlane.Web.Hosting;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Serving.Contracts.Joining;

namespace ControlPlane.Web.Features.Access;

/// <summary>Makes the administrator and the token that the configuration names.</summary>
internal sealed class FirstPeople(IServiceScopeFactory scopes, IOptions<BootstrapOptions> options, TimeProvider time) : IFirstStart
{
    private static readonly TimeSpan _tokenLifetime = TimeSpan.FromDays(365);

    public async Task PrepareAsync(CancellationToken cancel)
    {
        await using var scope = scopes.CreateAsyncScope();
        if (options.Value is { AdminEmail: { } email, AdminPassword: { } password })
        {
            var people = scope.ServiceProvider.GetRequiredService<UserManager<Person>>();
            if (await people.FindByEmailAsync(email) is null)
            {
                var made = await people.CreateAsync(new Person { UserName = email, Email = email, Role = Role.Admin.Name(), CreatedAt = time.GetUtcNow() }, password);
                if (!made.Succeeded)
                    throw new InvalidOperationException($"Bootstrap:AdminPassword: {string.Join(' ', made.Errors.Select(error => error.Description))}");
            }
        }

        if (options.Value.ApiToken is { } token)
            await KeepTokenAsync(scope.ServiceProvider.GetRequiredService<ControlPlaneDb>(), Token.HashOf(token), cancel);
    }

    private async Task KeepTokenAsync(ControlPlaneDb db, string hash, CancellationToken cancel)
    {
        if (await db.ApiTokens.AnyAsync(known => known.Hash == hash, cancel))
            return;

        var at = time.GetUtcNow();
        db.ApiTokens.Add(new ApiToken
        {
            Id = TokenId.New(at),
            Name = "bootstrap",
            Hash = hash,
            Role = Role.Admin.Name(),
            Kind = TokenKinds.Token,
            CreatedBy = Actor.Automatic.Name,
            CreatedAt = at,
            ExpiresAt = at + _tokenLifetime,
        });
        db.Audit(Actor.Automatic, "token.created", "token/bootstrap", at);
        await db.SaveChangesAsync(cancel);
    }
}
