using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace LabelerService.Storage.Schema;

/// <summary>The tables of the audit log. They belong to no dataset: what was done to one outlives it.</summary>
internal static class AuditModel
{
    public static void Configure(ModelBuilder model)
    {
        model.Entity<AuditEventEntity>(Event);
        model.Entity<AuditHeadEntity>(Head);
    }

    private static void Event(EntityTypeBuilder<AuditEventEntity> entity)
    {
        entity.ToTable("audit_log", table => table.HasCheckConstraint(
            "ck_audit_log_hashes", "octet_length(hash) = 32 and octet_length(previous_hash) = 32 and octet_length(request_digest) in (0, 32)"))
            .HasKey(row => row.Sequence);
        entity.Property(row => row.Sequence).ValueGeneratedNever();
    }

    private static void Head(EntityTypeBuilder<AuditHeadEntity> entity)
    {
        entity.ToTable("audit_head", table => table.HasCheckConstraint("ck_audit_head_single", "id = 1 and octet_length(hash) = 32")).HasKey(row => row.Id);
        entity.Property(row => row.Id).ValueGeneratedNever();
    }
}

/// <summary>An event of the audit log.</summary>
internal sealed class AuditEventEntity
{
    public long Sequence { get; set; }

    public DateTimeOffset Time { get; set; }

    public required string Actor { get; set; }

    public short? Role { get; set; }

    public required string Method { get; set; }

    public required string Resource { get; set; }

    public required string Outcome { get; set; }

    /// <summary>The event that this one ends; 0 for none.</summary>
    public long Begun { get; set; }

    public int Count { get; set; }

    /// <summary>32 bytes, or none.</summary>
    public required byte[] RequestDigest { get; set; }

    public required byte[] PreviousHash { get; set; }

    public required byte[] Hash { get; set; }
}

/// <summary>Where the chain ends: the one row that those who append take turns at.</summary>
internal sealed class AuditHeadEntity
{
    /// <summary>Always 1.</summary>
    public short Id { get; set; }

    public long Sequence { get; set; }

    public required byte[] Hash { get; set; }
}
