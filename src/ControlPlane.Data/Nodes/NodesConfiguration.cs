using ControlPlane.Domain.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace ControlPlane.Data.Nodes;

internal sealed class NodeConfiguration : IEntityTypeConfiguration<Node>
{
    public void Configure(EntityTypeBuilder<Node> node)
    {
        node.HasKey(n => n.Id);
        node.Property(n => n.Id).ValueGeneratedNever();
        node.Property(n => n.Name).HasMaxLength(Conventions.NameLength);
        node.Property(n => n.Kind).HasMaxLength(16);
        node.Property(n => n.Environment).HasMaxLength(Conventions.NameLength);
        node.Property(n => n.Pool).HasMaxLength(Conventions.NameLength);
        node.Property(n => n.Address).HasMaxLength(512);
        node.Property(n => n.CredentialHash).HasMaxLength(64);
        node.Property(n => n.NextCredentialHash).HasMaxLength(64);
        node.Property(n => n.Stamp).IsConcurrencyToken();
        node.HasIndex(n => n.Name).IsUnique();
        node.HasIndex(n => n.CredentialHash).IsUnique();
        node.HasIndex(n => n.NextCredentialHash);
        node.HasIndex(n => n.Environment);
    }
}

internal sealed class NodeStatusConfiguration : IEntityTypeConfiguration<NodeStatus>
{
    public void Configure(EntityTypeBuilder<NodeStatus> status)
    {
        status.HasKey(s => s.NodeId);
        status.Property(s => s.NodeId).ValueGeneratedNever();
        status.Property(s => s.Report).IsJson();
        status.HasOne<Node>().WithOne().HasForeignKey<NodeStatus>(s => s.NodeId).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class JoinTokenConfiguration : IEntityTypeConfiguration<JoinToken>
{
    public void Configure(EntityTypeBuilder<JoinToken> token)
    {
        token.HasKey(t => t.Id);
        token.Property(t => t.Id).ValueGeneratedNever();
        token.Property(t => t.Hash).HasMaxLength(64);
        token.Property(t => t.Environment).HasMaxLength(Conventions.NameLength);
        token.Property(t => t.Pool).HasMaxLength(Conventions.NameLength);
        token.Property(t => t.CreatedBy).HasMaxLength(256);
        token.Property(t => t.Stamp).IsConcurrencyToken();
        token.HasIndex(t => t.Hash).IsUnique();
    }
}
