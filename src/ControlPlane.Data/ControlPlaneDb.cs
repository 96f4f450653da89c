using ControlPlane.Data.Audit;
using ControlPlane.Data.Identity;
using ControlPlane.Domain.Audit;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Nodes;
using ControlPlane.Domain.Registry;
using ControlPlane.Domain.Releases;
using ControlPlane.Domain.Rollouts;
using ControlPlane.Domain.Rollouts.Gates;
using Microsoft.AspNetCore.DataProtection.EntityFrameworkCore;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;

namespace ControlPlane.Data;

/// <summary>The one context. It lives for one operation and comes from a factory.</summary>
public sealed class ControlPlaneDb(DbContextOptions<ControlPlaneDb> options)
    : IdentityUserContext<Person, string, IdentityUserClaim<string>, IdentityUserLogin<string>, IdentityUserToken<string>>(options), IDataProtectionKeyContext
{
    public DbSet<Model> Models => Set<Model>();

    public DbSet<ModelVersion> Versions => Set<ModelVersion>();

    public DbSet<ModelAlias> Aliases => Set<ModelAlias>();

    public DbSet<UploadSession> Uploads => Set<UploadSession>();

    public DbSet<ServingEnvironment> Environments => Set<ServingEnvironment>();

    public DbSet<Endpoint> Endpoints => Set<Endpoint>();

    public DbSet<Release> Releases => Set<Release>();

    public DbSet<DesiredStateRow> DesiredStates => Set<DesiredStateRow>();

    public DbSet<Rollout> Rollouts => Set<Rollout>();

    public DbSet<RolloutDecision> Decisions => Set<RolloutDecision>();

    public DbSet<RolloutEvidence> RolloutEvidence => Set<RolloutEvidence>();

    public DbSet<Approval> Approvals => Set<Approval>();

    public DbSet<Node> Nodes => Set<Node>();

    public DbSet<NodeStatus> NodeStatuses => Set<NodeStatus>();

    public DbSet<JoinToken> JoinTokens => Set<JoinToken>();

    public DbSet<ApiToken> ApiTokens => Set<ApiToken>();

    public DbSet<AuditEntry> AuditEntries => Set<AuditEntry>();

    public DbSet<AuditLink> AuditLinks => Set<AuditLink>();

    public DbSet<DenialCount> DenialCounts => Set<DenialCount>();

    public DbSet<AuditLease> AuditLeases => Set<AuditLease>();

    public DbSet<PendingEffect> PendingEffects => Set<PendingEffect>();

    public DbSet<CommandAnswer> CommandAnswers => Set<CommandAnswer>();

    public DbSet<MetricWindow> MetricWindows => Set<MetricWindow>();

    public DbSet<MetricWriter> MetricWriters => Set<MetricWriter>();

    public DbSet<InstallationFact> Facts => Set<InstallationFact>();

    public DbSet<DataProtectionKey> DataProtectionKeys => Set<DataProtectionKey>();

    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        builder.ApplyConfigurationsFromAssembly(typeof(ControlPlaneDb).Assembly);
    }

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) => Conventions.Apply(configurationBuilder);
}
