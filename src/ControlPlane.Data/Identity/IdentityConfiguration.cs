using ControlPlane.Domain.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace ControlPlane.Data.Identity;

internal sealed class PersonConfiguration : IEntityTypeConfiguration<Person>
{
    public void Configure(EntityTypeBuilder<Person> person) => person.Property(p => p.Role).HasMaxLength(16);
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
