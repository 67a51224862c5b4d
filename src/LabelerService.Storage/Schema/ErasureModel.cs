using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace LabelerService.Storage.Schema;

/// <summary>The table of labelers who were erased.</summary>
internal static class ErasureModel
{
    public static void Configure(ModelBuilder model) => model.Entity<LabelerErasureEntity>(Erasure);

    private static void Erasure(EntityTypeBuilder<LabelerErasureEntity> entity)
    {
        entity.ToTable("labeler_erasures").HasKey(row => new { row.DatasetId, row.LabelerKey });
        entity.Property(row => row.LabelerKey).ValueGeneratedNever();
        entity.Property(row => row.Effect).HasColumnType("jsonb");
        entity.Property(row => row.EraseTime).HasDefaultValueSql("now()");
    }
}

/// <summary>That a labeler was erased and what went, without a word about who it was: the proof of it, and the answer to a repetition.</summary>
internal sealed class LabelerErasureEntity
{
    public long DatasetId { get; set; }

    public long LabelerKey { get; set; }

    public short Mode { get; set; }

    /// <summary>What stands for the labeler's id wherever an id has to stand.</summary>
    public required string Pseudonym { get; set; }

    /// <summary>Counts, keys and versions, as they were answered.</summary>
    public required string Effect { get; set; }

    public DateTimeOffset EraseTime { get; set; }
}
