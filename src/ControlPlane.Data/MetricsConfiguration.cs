using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace ControlPlane.Data;

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

internal sealed class MetricWriterConfiguration : IEntityTypeConfiguration<MetricWriter>
{
    public void Configure(EntityTypeBuilder<MetricWriter> writer)
    {
        writer.HasKey(w => w.Instance);
        writer.Property(w => w.Instance).HasMaxLength(32);
    }
}
