using ControlPlane.Domain.Audit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace ControlPlane.Data.Audit;

internal sealed class AuditEntryConfiguration : IEntityTypeConfiguration<AuditEntry>
{
    public void Configure(EntityTypeBuilder<AuditEntry> entry)
    {
        entry.HasKey(e => e.Id);
        entry.Property(e => e.Actor).HasMaxLength(256);
        entry.Property(e => e.ActorKind).HasConversion<string>().HasMaxLength(16);
        entry.Property(e => e.Action).HasMaxLength(64);
        entry.Property(e => e.Target).HasMaxLength(256);
        entry.Property(e => e.Outcome).HasMaxLength(16);
        entry.HasIndex(e => new { e.Target, e.At });
    }
}

internal sealed class PendingEffectConfiguration : IEntityTypeConfiguration<PendingEffect>
{
    public void Configure(EntityTypeBuilder<PendingEffect> effect)
    {
        effect.HasKey(e => e.Id);
        effect.Property(e => e.Kind).HasMaxLength(32);
        effect.Property(e => e.Subject).HasMaxLength(128);
        effect.Property(e => e.Stamp).IsConcurrencyToken();
        effect.HasIndex(e => e.DueAt);
    }
}

internal sealed class MetricWindowConfiguration : IEntityTypeConfiguration<MetricWindow>
{
    public void Configure(EntityTypeBuilder<MetricWindow> window)
    {
        window.HasKey(w => new { w.Environment, w.Endpoint, w.At, w.Release, w.Arm, w.Instance });
        window.Property(w => w.Environment).HasMaxLength(Conventions.NameLength);
        window.Property(w => w.Endpoint).HasMaxLength(Conventions.NameLength);
        window.Property(w => w.Release).HasMaxLength(Conventions.ReleaseLength);
        window.Property(w => w.Arm).HasMaxLength(32);
        window.Property(w => w.Instance).HasMaxLength(32);
        window.HasIndex(w => w.At);
    }
}
