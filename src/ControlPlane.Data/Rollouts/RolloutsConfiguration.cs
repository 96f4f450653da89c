using ControlPlane.Domain.Releases;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Domain.Rollouts.Gates;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace ControlPlane.Data.Rollouts;

internal sealed class RolloutConfiguration : IEntityTypeConfiguration<Rollout>
{
    public void Configure(EntityTypeBuilder<Rollout> rollout)
    {
        rollout.HasKey(r => r.Id);
        rollout.Property(r => r.Id).ValueGeneratedNever();
        rollout.Property(r => r.Environment).HasMaxLength(Conventions.NameLength);
        rollout.Property(r => r.EndpointName).HasMaxLength(Conventions.NameLength);
        rollout.Property(r => r.FromRelease).HasMaxLength(Conventions.ReleaseLength);
        rollout.Property(r => r.ToRelease).HasMaxLength(Conventions.ReleaseLength);
        rollout.Property(r => r.Plan).IsJson();
        rollout.Property(r => r.State).IsJson();
        rollout.Property(r => r.Phase).HasConversion<string>().HasMaxLength(20);
        rollout.Property(r => r.CreatedBy).HasMaxLength(256);
        rollout.Property(r => r.Authors).IsJson();
        rollout.Property(r => r.Stamp).IsConcurrencyToken();
        rollout.HasOne<Endpoint>().WithMany().HasForeignKey(r => r.EndpointId).OnDelete(DeleteBehavior.Restrict);
        rollout.HasIndex(r => r.Number).IsUnique();
        rollout.HasIndex(r => new { r.EndpointId, r.CreatedAt });
        rollout.HasIndex(r => r.IsOpen);
    }
}

internal sealed class RolloutDecisionConfiguration : IEntityTypeConfiguration<RolloutDecision>
{
    public void Configure(EntityTypeBuilder<RolloutDecision> decision)
    {
        // The number within the rollout is the key: of two control planes that decide the same step at once, one fails to save.
        decision.HasKey(d => new { d.RolloutId, d.Sequence });
        decision.Property(d => d.Action).HasMaxLength(32);
        decision.Property(d => d.Actor).HasMaxLength(256);
        decision.Property(d => d.Evidence).IsJson();
        decision.HasOne<Rollout>().WithMany().HasForeignKey(d => d.RolloutId).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class ApprovalConfiguration : IEntityTypeConfiguration<Approval>
{
    public void Configure(EntityTypeBuilder<Approval> approval)
    {
        approval.HasKey(a => a.Id);
        approval.Property(a => a.Id).ValueGeneratedNever();
        approval.Property(a => a.PlanHash).HasMaxLength(Conventions.ReleaseLength);
        approval.Property(a => a.Artifact).HasMaxLength(Conventions.ReleaseLength);
        approval.Property(a => a.Approver).HasMaxLength(256);
        approval.Property(a => a.Comment).HasMaxLength(1000);
        approval.HasOne<Rollout>().WithMany().HasForeignKey(a => a.RolloutId).OnDelete(DeleteBehavior.Cascade);
        approval.HasIndex(a => new { a.RolloutId, a.At });
    }
}

internal sealed class RolloutEvidenceConfiguration : IEntityTypeConfiguration<RolloutEvidence>
{
    public void Configure(EntityTypeBuilder<RolloutEvidence> evidence)
    {
        evidence.ToTable("RolloutEvidence");
        evidence.HasKey(e => e.RolloutId);
        evidence.Property(e => e.Evidence).IsJson();
        evidence.Property(e => e.Readings).IsJson();
        evidence.Property(e => e.Stamp).IsConcurrencyToken();
        evidence.HasOne<Rollout>().WithMany().HasForeignKey(e => e.RolloutId).OnDelete(DeleteBehavior.Cascade);
    }
}
