using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace LabelerService.Storage.Schema;

/// <summary>The tables of learning curves.</summary>
internal static class CurveModel
{
    private const string ByteOrder = "C";

    public static void Configure(ModelBuilder model)
    {
        model.Entity<CurveEntity>(Curve);
        model.Entity<CurvePointEntity>(Point);
        model.Entity<TrainingRunEntity>().Property(row => row.CurveId).UseCollation(ByteOrder);
    }

    private static void Curve(EntityTypeBuilder<CurveEntity> entity)
    {
        entity.ToTable("curves").HasKey(row => new { row.DatasetId, row.CurveId });
        entity.Property(row => row.CurveId).UseCollation(ByteOrder);
        entity.Property(row => row.RunId).UseCollation(ByteOrder);
        entity.Property(row => row.Settings).HasColumnType("jsonb");
        entity.Property(row => row.Plan).HasColumnType("jsonb");
        entity.Property(row => row.CreateTime).HasDefaultValueSql("now()");
        entity.Property(row => row.UpdateTime).HasDefaultValueSql("now()");
    }

    private static void Point(EntityTypeBuilder<CurvePointEntity> entity)
    {
        entity.ToTable("curve_points").HasKey(row => new { row.DatasetId, row.CurveId, row.Point });
        entity.Property(row => row.CurveId).UseCollation(ByteOrder);
        entity.Property(row => row.CreateTime).HasDefaultValueSql("now()");
    }
}
