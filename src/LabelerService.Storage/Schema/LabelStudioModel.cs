using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace LabelerService.Storage.Schema;

/// <summary>The table of annotations that Label Studio names by its own numbers.</summary>
internal static class LabelStudioModel
{
    private const string ByteOrder = "C";

    public static void Configure(ModelBuilder model) => model.Entity<StudioAnnotationEntity>(Annotation);

    private static void Annotation(EntityTypeBuilder<StudioAnnotationEntity> entity)
    {
        entity.ToTable("studio_annotations").HasKey(row => new { row.DatasetId, row.Source, row.StudioId });
        entity.Property(row => row.Source).UseCollation(ByteOrder);
        entity.Property(row => row.ItemId).UseCollation(ByteOrder);
        entity.Property(row => row.LabelerId).UseCollation(ByteOrder);
        entity.Property(row => row.StudioId).ValueGeneratedNever();

        // What a labeler has said of an item is the newest that is left.
        entity.HasIndex(row => new { row.DatasetId, row.ItemId, row.LabelerId });
    }
}

/// <summary>
/// An annotation as Label Studio last told of it. Its event of a deletion names nothing but the number; and a labeler may have several of an
/// item there, of which one counts here.
/// </summary>
internal sealed class StudioAnnotationEntity
{
    public long DatasetId { get; set; }

    /// <summary>Which Label Studio, where there are several.</summary>
    public required string Source { get; set; }

    /// <summary>Its number there.</summary>
    public long StudioId { get; set; }

    public required string ItemId { get; set; }

    public required string LabelerId { get; set; }

    /// <summary>Null where it says nothing: skipped, or emptied.</summary>
    public short? ClassIndex { get; set; }

    public int? DurationMs { get; set; }

    /// <summary>When it last changed there; of a deleted one, when its deletion was told.</summary>
    public DateTimeOffset UpdateTime { get; set; }

    public bool Deleted { get; set; }
}
