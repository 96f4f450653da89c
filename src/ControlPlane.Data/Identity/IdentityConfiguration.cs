using ControlPlane.Domain.Identity;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace ControlPlane.Data.Identity;

internal sealed class PersonConfiguration : IEntityTypeConfiguration<Person>
{
    public void Configure(EntityTypeBuilder<Person> person)
    {
        person.Property(p => p.Id).HasMaxLength(IdentityKeys.PersonLength);
        person.Property(p => p.Role).HasMaxLength(16);
    }
}

/// <summary>Bounds for the keys that ASP.NET Core Identity leaves at 450 characters each: longer than an index may be.</summary>
internal static class IdentityKeys
{
    public const int PersonLength = 64;
    public const int ProviderLength = 64;

    /// <summary>OpenID Connect bounds a subject at 255 characters.</summary>
    public const int SubjectLength = 255;
}

internal sealed class LoginConfiguration : IEntityTypeConfiguration<IdentityUserLogin<string>>
{
    public void Configure(EntityTypeBuilder<IdentityUserLogin<string>> login)
    {
        login.Property(l => l.LoginProvider).HasMaxLength(IdentityKeys.ProviderLength);
        login.Property(l => l.ProviderKey).HasMaxLength(IdentityKeys.SubjectLength);
    }
}

internal sealed class UserTokenConfiguration : IEntityTypeConfiguration<IdentityUserToken<string>>
{
    public void Configure(EntityTypeBuilder<IdentityUserToken<string>> token)
    {
        token.Property(t => t.LoginProvider).HasMaxLength(IdentityKeys.ProviderLength);
        token.Property(t => t.Name).HasMaxLength(128);
    }
}

internal sealed class ApiTokenConfiguration : IEntityTypeConfiguration<ApiToken>
{
    public void Configure(EntityTypeBuilder<ApiToken> token)
    {
        token.HasKey(t => t.Id);
        token.Property(t => t.Id).ValueGeneratedNever();
        token.Property(t => t.Name).HasMaxLength(128);
        token.Property(t => t.Hash).HasMaxLength(64);
        token.Property(t => t.Role).HasMaxLength(16);
        token.Property(t => t.Kind).HasMaxLength(16);
        token.Property(t => t.CreatedBy).HasMaxLength(256);
        token.Property(t => t.Stamp).IsConcurrencyToken();
        token.HasIndex(t => t.Hash).IsUnique();
    }
}

internal sealed class InstallationFactConfiguration : IEntityTypeConfiguration<InstallationFact>
{
    public void Configure(EntityTypeBuilder<InstallationFact> fact)
    {
        fact.HasKey(f => f.Name);
        fact.Property(f => f.Name).HasMaxLength(64);
    }
}
