using ControlPlane.Domain.Registry;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace ControlPlane.Data.Registry;

internal sealed class ModelConfiguration : IEntityTypeConfiguration<Model>
{
    public void Configure(EntityTypeBuilder<Model> model)
    {
        model.HasKey(m => m.Id);
        model.Property(m => m.Id).ValueGeneratedNever();
        model.Property(m => m.Name).HasMaxLength(Conventions.NameLength);
        model.Property(m => m.Tags).IsJson();
        model.Property(m => m.CreatedBy).HasMaxLength(256);
        model.Property(m => m.Stamp).IsConcurrencyToken();
        model.HasIndex(m => m.Name).IsUnique();
    }
}

internal sealed class ModelVersionConfiguration : IEntityTypeConfiguration<ModelVersion>
{
    public void Configure(EntityTypeBuilder<ModelVersion> version)
    {
        version.HasKey(v => v.Id);
        version.Property(v => v.Id).ValueGeneratedNever();
        version.Property(v => v.ModelName).HasMaxLength(Conventions.NameLength);
        version.Property(v => v.State).HasConversion<string>().HasMaxLength(16);
        version.Property(v => v.Digest).HasMaxLength(Conventions.ReleaseLength);
        version.Property(v => v.FileName).HasMaxLength(256);
        version.Property(v => v.Manifest).IsJson();
        version.Property(v => v.Report).IsJson();
        version.Property(v => v.Checks).IsJson();
        version.Property(v => v.Notes).IsJson();
        version.Property(v => v.UploadedBy).HasMaxLength(256);
        version.Property(v => v.Stamp).IsConcurrencyToken();
        version.Ignore(v => v.Signature);
        version.HasOne<Model>().WithMany().HasForeignKey(v => v.ModelId).OnDelete(DeleteBehavior.Restrict);
        version.HasIndex(v => new { v.ModelId, v.Number }).IsUnique();
        version.HasIndex(v => v.Digest);
    }
}

internal sealed class ModelAliasConfiguration : IEntityTypeConfiguration<ModelAlias>
{
    public void Configure(EntityTypeBuilder<ModelAlias> alias)
    {
        alias.HasKey(a => new { a.ModelId, a.Name });
        alias.Property(a => a.Name).HasMaxLength(Conventions.NameLength);
        alias.Property(a => a.Stamp).IsConcurrencyToken();
        alias.HasOne<Model>().WithMany().HasForeignKey(a => a.ModelId).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class UploadSessionConfiguration : IEntityTypeConfiguration<UploadSession>
{
    public void Configure(EntityTypeBuilder<UploadSession> upload)
    {
        upload.HasKey(u => u.Id);
        upload.Property(u => u.Id).ValueGeneratedNever();
        upload.Property(u => u.ModelName).HasMaxLength(Conventions.NameLength);
        upload.Property(u => u.FileName).HasMaxLength(256);
        upload.Property(u => u.Sha256).HasMaxLength(64);
        upload.Property(u => u.Notes).IsJson();
        upload.Property(u => u.CreatedBy).HasMaxLength(256);
        upload.Property(u => u.Stamp).IsConcurrencyToken();
        upload.HasIndex(u => u.ExpiresAt);
    }
}
