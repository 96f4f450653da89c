using ControlPlane.Domain.Releases;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace ControlPlane.Data.Releases;

internal sealed class ServingEnvironmentConfiguration : IEntityTypeConfiguration<ServingEnvironment>
{
    public void Configure(EntityTypeBuilder<ServingEnvironment> environment)
    {
        environment.HasKey(e => e.Name);
        environment.Property(e => e.Name).HasMaxLength(Conventions.NameLength);
        environment.Property(e => e.TimelineId).HasMaxLength(32);
        environment.Property(e => e.ContentHash).HasMaxLength(Conventions.ReleaseLength);
        environment.Property(e => e.Stamp).IsConcurrencyToken();
    }
}

internal sealed class EndpointConfiguration : IEntityTypeConfiguration<Endpoint>
{
    public void Configure(EntityTypeBuilder<Endpoint> endpoint)
    {
        endpoint.HasKey(e => e.Id);
        endpoint.Property(e => e.Id).ValueGeneratedNever();
        endpoint.Property(e => e.Environment).HasMaxLength(Conventions.NameLength);
        endpoint.Property(e => e.Name).HasMaxLength(Conventions.NameLength);
        endpoint.Property(e => e.Pool).HasMaxLength(Conventions.NameLength);
        endpoint.Property(e => e.Mode).HasMaxLength(16);
        endpoint.Property(e => e.AssignmentKey).HasMaxLength(Conventions.NameLength);
        endpoint.Property(e => e.Logging).IsJson();
        endpoint.Property(e => e.Monitor).IsJson();
        endpoint.Property(e => e.Limits).IsJson();
        endpoint.Property(e => e.Cache).IsJson();
        endpoint.Property(e => e.StableRelease).HasMaxLength(Conventions.ReleaseLength);
        endpoint.Property(e => e.PreviousRelease).HasMaxLength(Conventions.ReleaseLength);
        endpoint.Property(e => e.CreatedBy).HasMaxLength(256);
        endpoint.Property(e => e.Stamp).IsConcurrencyToken();
        endpoint.Ignore(e => e.Address);
        endpoint.HasOne<ServingEnvironment>().WithMany().HasForeignKey(e => e.Environment).OnDelete(DeleteBehavior.Restrict);
        endpoint.HasIndex(e => new { e.Environment, e.Name }).IsUnique();
    }
}

internal sealed class ReleaseConfiguration : IEntityTypeConfiguration<Release>
{
    public void Configure(EntityTypeBuilder<Release> release)
    {
        release.HasKey(r => r.Id);
        release.Property(r => r.Id).HasMaxLength(Conventions.ReleaseLength).ValueGeneratedNever();
        release.Property(r => r.Artifact).HasMaxLength(Conventions.ReleaseLength);
        release.Property(r => r.Manifest).IsJson();
        release.Property(r => r.Model).HasMaxLength(Conventions.NameLength);
        release.Property(r => r.SchemaDigest).HasMaxLength(Conventions.ReleaseLength);
        release.Property(r => r.Binding).IsJson();
        release.Property(r => r.Runtime).IsJson();
        release.Property(r => r.CreatedBy).HasMaxLength(256);
        release.HasIndex(r => new { r.Model, r.Version });
    }
}

internal sealed class DesiredStateRowConfiguration : IEntityTypeConfiguration<DesiredStateRow>
{
    public void Configure(EntityTypeBuilder<DesiredStateRow> state)
    {
        state.HasKey(s => new { s.Environment, s.TimelineId, s.Revision });
        state.Property(s => s.Environment).HasMaxLength(Conventions.NameLength);
        state.Property(s => s.TimelineId).HasMaxLength(32);
        state.Property(s => s.ContentHash).HasMaxLength(Conventions.ReleaseLength);
        state.Property(s => s.Actor).HasMaxLength(256);
        state.HasIndex(s => new { s.Environment, s.CreatedAt });
    }
}
