using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace ControlPlane.Data;

/// <summary>A command that was sent with an idempotency key, and what it was answered, so that sending it again does nothing twice.</summary>
public sealed class CommandAnswer
{
    /// <summary>SHA-256 over caller, method, path and key: 64 hex digits.</summary>
    public required string Id { get; init; }

    /// <summary>SHA-256 over query and body: 64 hex digits.</summary>
    public required string Fingerprint { get; init; }

    public required DateTimeOffset CreatedAt { get; set; }

    /// <summary>Set in the transaction of the change itself: from here on the command is not to be carried out again, whatever became of its answer.</summary>
    public bool IsCarriedOut { get; set; }

    /// <summary>Null until it is answered.</summary>
    public int? Status { get; set; }

    public string? ContentType { get; set; }

    public string? Location { get; set; }

    public string? ETag { get; set; }

    /// <summary>Null where the answer holds what is shown once only.</summary>
    public byte[]? Body { get; set; }
}

internal sealed class CommandAnswerConfiguration : IEntityTypeConfiguration<CommandAnswer>
{
    public void Configure(EntityTypeBuilder<CommandAnswer> answer)
    {
        answer.HasKey(a => a.Id);
        answer.Property(a => a.Id).HasMaxLength(64);
        answer.Property(a => a.Fingerprint).HasMaxLength(64);
        answer.Property(a => a.ContentType).HasMaxLength(128);
        answer.Property(a => a.Location).HasMaxLength(1024);
        answer.Property(a => a.ETag).HasMaxLength(128);
        answer.HasIndex(a => a.CreatedAt);
    }
}
