using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace LabelerService.Storage.Schema;

internal sealed class BackboneEntity
{
    public long DatasetId { get; set; }

    public required string BackboneId { get; set; }

    public Guid Uid { get; set; }

    public short Source { get; set; }

    public string DisplayName { get; set; } = "";

    public required byte[] ArtefactSha256 { get; set; }

    public long ArtefactLength { get; set; }

    public required string Manifest { get; set; }

    /// <summary>The run that pretrained it; null where it was uploaded.</summary>
    public string? RunId { get; set; }

    public DateTimeOffset CreateTime { get; set; }
}

/// <summary>What one extractor has made of a dataset's items so far.</summary>
internal sealed class FeatureExtractionEntity
{
    public long DatasetId { get; set; }

    public long ExtractionKey { get; set; }

    /// <summary>Hash of all that its features depend on beside the item: the file and how it is fed.</summary>
    public required byte[] ExtractorHash { get; set; }

    public int FeatureLength { get; set; }

    public DateTimeOffset CreateTime { get; set; }

    public DateTimeOffset UseTime { get; set; }
}

/// <summary>What an extractor has made of one item.</summary>
internal sealed class ExtractedFeaturesEntity
{
    public long DatasetId { get; set; }

    public long ExtractionKey { get; set; }

    public long ItemKey { get; set; }

    /// <summary>First 16 bytes of the SHA-256 of the item's values.</summary>
    public Guid ContentHash { get; set; }

    public required byte[] Features { get; set; }
}

/// <summary>Tables of backbones and of what extractors made of items.</summary>
internal static class BackboneModel
{
    public static void Configure(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<BackboneEntity>(Backbone);
        modelBuilder.Entity<FeatureExtractionEntity>(Extraction);
        modelBuilder.Entity<ExtractedFeaturesEntity>(Features);
    }

    private static void Backbone(EntityTypeBuilder<BackboneEntity> entity)
    {
        entity.ToTable("backbones").HasKey(row => new { row.DatasetId, row.BackboneId });
        entity.Property(row => row.BackboneId).UseCollation("C");
        entity.Property(row => row.RunId).UseCollation("C");
        entity.Property(row => row.DisplayName).HasDefaultValue("");
        entity.Property(row => row.Manifest).HasColumnType("jsonb");
        entity.Property(row => row.CreateTime).HasDefaultValueSql("now()");

        // Whoever removes artefacts asks whether a backbone refers to one.
        entity.HasIndex(row => row.ArtefactSha256).HasDatabaseName("ix_backbones_artefact");
    }

    private static void Extraction(EntityTypeBuilder<FeatureExtractionEntity> entity)
    {
        entity.ToTable("feature_extractions").HasKey(row => new { row.DatasetId, row.ExtractionKey });
        entity.Property(row => row.ExtractionKey).UseIdentityByDefaultColumn();
        entity.HasIndex(row => new { row.DatasetId, row.ExtractorHash }).IsUnique();
        entity.Property(row => row.CreateTime).HasDefaultValueSql("now()");
        entity.Property(row => row.UseTime).HasDefaultValueSql("now()");
    }

    private static void Features(EntityTypeBuilder<ExtractedFeaturesEntity> entity) =>
        entity.ToTable("extracted_features").HasKey(row => new { row.DatasetId, row.ExtractionKey, row.ItemKey });
}
