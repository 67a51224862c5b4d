using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace LabelerService.Storage.Schema;

/// <summary>The tables of retraining and of the trainers, and what they add to runs.</summary>
internal static class RetrainingModel
{
    private const string ByteOrder = "C";

    public static void Configure(ModelBuilder model)
    {
        model.Entity<TrainerEntity>(Trainer);
        model.Entity<RetrainingPolicyEntity>(Policy);
        model.Entity<PromotionDecisionEntity>(Decision);
        model.Entity<DatasetUsageEntity>().Property(row => row.Changes).HasDefaultValue(0L);
        model.Entity<TrainingRunEntity>(Run);
    }

    private static void Trainer(EntityTypeBuilder<TrainerEntity> entity)
    {
        entity.ToTable("trainers").HasKey(row => row.TrainerId);
        entity.Property(row => row.TrainerId).ValueGeneratedNever();
        entity.Property(row => row.StartTime).HasDefaultValueSql("now()");
    }

    private static void Policy(EntityTypeBuilder<RetrainingPolicyEntity> entity)
    {
        entity.ToTable("retraining_policies").HasKey(row => new { row.DatasetId, row.PolicyId });
        entity.Property(row => row.PolicyId).UseCollation(ByteOrder);
        entity.Property(row => row.Spec).HasColumnType("jsonb");
        entity.Property(row => row.DriftFinding).HasColumnType("jsonb");
        entity.Property(row => row.BaselineChanges).HasDefaultValue(0L);
        entity.Property(row => row.Runs).HasDefaultValue(0L);
        entity.Property(row => row.DriftToken).HasDefaultValue(0L);
        entity.Property(row => row.DriftLooks).HasDefaultValue(0);
        entity.Property(row => row.DriftChanges).HasDefaultValue(0L);
        entity.Property(row => row.CheckTime).HasDefaultValueSql("now()");
        entity.Property(row => row.CreateTime).HasDefaultValueSql("now()");
        entity.Property(row => row.UpdateTime).HasDefaultValueSql("now()");
        entity.Property(row => row.Version).HasDefaultValue(1L);
        entity.HasIndex(row => row.CheckTime);
    }

    private static void Decision(EntityTypeBuilder<PromotionDecisionEntity> entity)
    {
        entity.ToTable("promotion_decisions").HasKey(row => new { row.DatasetId, row.RunId });
        entity.Property(row => row.RunId).UseCollation(ByteOrder);
        entity.Property(row => row.PolicyId).UseCollation(ByteOrder);
        entity.Property(row => row.Comparison).HasColumnType("jsonb");
        entity.Property(row => row.LeaseToken).HasDefaultValue(0L);
        entity.Property(row => row.Attempts).HasDefaultValue(0);
        entity.Property(row => row.CreateTime).HasDefaultValueSql("now()");

        // What is open is looked for all the time, over all datasets: one a policy at most.
        entity.HasIndex(row => row.CreateTime).HasFilter("outcome = 1").HasDatabaseName("ix_promotion_decisions_pending");
        entity.HasIndex(row => new { row.DatasetId, row.PolicyId, row.CreateTime, row.RunId });
    }

    private static void Run(EntityTypeBuilder<TrainingRunEntity> entity)
    {
        entity.Property(row => row.EventsThinned).HasDefaultValue(false);

        // How long the last ones took, of one dataset's and of all datasets'.
        entity.HasIndex(row => new { row.DatasetId, row.Algorithm, row.EndTime })
            .IsDescending(false, false, true).HasFilter("state = 3").HasDatabaseName("ix_training_runs_durations");
        entity.HasIndex(row => new { row.Algorithm, row.EndTime })
            .IsDescending(false, true).HasFilter("state = 3").HasDatabaseName("ix_training_runs_algorithm_durations");

        // Ended runs whose events were not looked through yet.
        entity.HasIndex(row => row.EndTime).HasFilter("state in (3, 4, 5) and not events_thinned").HasDatabaseName("ix_training_runs_unthinned");
    }
}
