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
        entry.Property(e => e.TraceId).HasMaxLength(32);
        entry.Property(e => e.Source).HasMaxLength(64);
        entry.HasIndex(e => new { e.Target, e.At });
        entry.HasIndex(e => new { e.Actor, e.At });
        entry.HasIndex(e => e.At);
    }
}

internal sealed class AuditLinkConfiguration : IEntityTypeConfiguration<AuditLink>
{
    public void Configure(EntityTypeBuilder<AuditLink> link)
    {
        link.ToTable("AuditLinks");
        link.HasKey(l => l.Number);
        link.Property(l => l.Number).ValueGeneratedNever();
        link.Property(l => l.Seal).HasMaxLength(64);
        // No foreign key: that a row is gone has to be seen, not prevented.
        link.HasIndex(l => l.EntryId).IsUnique();
    }
}

internal sealed class DenialCountConfiguration : IEntityTypeConfiguration<DenialCount>
{
    public void Configure(EntityTypeBuilder<DenialCount> count)
    {
        count.ToTable("AuditDenialCounts");
        count.HasKey(c => new { c.Minute, c.Actor, c.Action });
        count.Property(c => c.Actor).HasMaxLength(256);
        count.Property(c => c.ActorKind).HasConversion<string>().HasMaxLength(16);
        count.Property(c => c.Action).HasMaxLength(64);
        count.Property(c => c.Target).HasMaxLength(256);
    }
}

internal sealed class AuditLeaseConfiguration : IEntityTypeConfiguration<AuditLease>
{
    public void Configure(EntityTypeBuilder<AuditLease> lease)
    {
        lease.ToTable("AuditLeases");
        lease.HasKey(l => l.Name);
        lease.Property(l => l.Name).HasMaxLength(32);
        lease.Property(l => l.Owner).HasMaxLength(64);
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
