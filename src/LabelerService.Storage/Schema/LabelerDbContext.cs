using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace LabelerService.Storage.Schema;

/// <summary>The schema, and the plain reads and writes of small rows. Bulk statements, the queue and snapshots are hand-written SQL.</summary>
internal sealed class LabelerDbContext(DbContextOptions<LabelerDbContext> options) : DbContext(options)
{
    /// <summary>Byte order: the same on every server, equal only if byte for byte equal, and usable for keyset pages.</summary>
    private const string ByteOrder = "C";

    public DbSet<DatasetEntity> Datasets => Set<DatasetEntity>();

    public DbSet<LabelerEntity> Labelers => Set<LabelerEntity>();

    public DbSet<ModelEntity> Models => Set<ModelEntity>();

    public DbSet<ModelVersionEntity> ModelVersions => Set<ModelVersionEntity>();

    public DbSet<ModelAliasEntity> ModelAliases => Set<ModelAliasEntity>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.HasSequence<long>("item_keys");
        modelBuilder.HasSequence<long>("labeler_keys");
        modelBuilder.Entity<DatasetEntity>(Dataset);
        modelBuilder.Entity<DatasetUsageEntity>(DatasetUsage);
        modelBuilder.Entity<DatasetWriteEntity>(DatasetWrite);
        modelBuilder.Entity<ItemEntity>(Item);
        modelBuilder.Entity<LabelerEntity>(Labeler);
        modelBuilder.Entity<AnnotationEntity>(Annotation);
        modelBuilder.Entity<AnnotationHistoryEntity>(AnnotationHistory);
        modelBuilder.Entity<TrainingRunEntity>(TrainingRun);
        modelBuilder.Entity<TrainingRunEventEntity>(TrainingRunEvent);
        modelBuilder.Entity<RunCheckpointEntity>(RunCheckpoint);
        modelBuilder.Entity<ModelEntity>(Model_);
        modelBuilder.Entity<ModelVersionEntity>(ModelVersion);
        modelBuilder.Entity<ModelAliasEntity>(ModelAlias);
        modelBuilder.Entity<ModelAliasChangeEntity>(ModelAliasChange);
        modelBuilder.Entity<ArtefactEntity>(Artefact);
        modelBuilder.Entity<RequestIdEntity>(RequestId);
        modelBuilder.Entity<ServerSecretEntity>(ServerSecret);
        modelBuilder.Entity<ApiKeyEntity>(ApiKey);
        modelBuilder.Entity<ApiKeyUsageEntity>(ApiKeyUsage);
        RetrainingModel.Configure(modelBuilder);
        CurveModel.Configure(modelBuilder);
        BackboneModel.Configure(modelBuilder);
        LabelStudioModel.Configure(modelBuilder);
        ErasureModel.Configure(modelBuilder);
        AuditModel.Configure(modelBuilder);
        modelBuilder.Entity<PredictionJobEntity>(PredictionJob);
        modelBuilder.Entity<PredictionEntity>(Prediction);
    }

    private static void Dataset(EntityTypeBuilder<DatasetEntity> entity)
    {
        entity.ToTable("datasets").HasKey(row => row.DatasetId);
        entity.Property(row => row.DatasetId).UseIdentityByDefaultColumn();
        entity.Property(row => row.Id).UseCollation(ByteOrder);
        entity.HasIndex(row => row.Id).IsUnique();
        entity.Property(row => row.Schema).HasColumnType("jsonb");
        entity.Property(row => row.Tags).HasColumnType("jsonb");
        entity.Property(row => row.CreateTime).HasDefaultValueSql("now()");
        entity.Property(row => row.UpdateTime).HasDefaultValueSql("now()");
        entity.Property(row => row.Version).HasDefaultValue(1L);
        entity.Property(row => row.KeyEpoch).HasDefaultValue(0L);
        entity.Property(row => row.MaxItems).HasDefaultValue(0L);
        entity.Property(row => row.MaxAnnotations).HasDefaultValue(0L);
        entity.Property(row => row.MaxLabelers).HasDefaultValue(0L);
        entity.Property(row => row.MaxBytes).HasDefaultValue(0L);
    }

    private static void DatasetUsage(EntityTypeBuilder<DatasetUsageEntity> entity) =>
        entity.ToTable("dataset_usage").HasKey(row => new { row.DatasetId, row.Shard });

    private static void DatasetWrite(EntityTypeBuilder<DatasetWriteEntity> entity)
    {
        entity.ToTable("dataset_writes").HasKey(row => new { row.DatasetId, row.TransactionId });
        entity.Property(row => row.TransactionId).ValueGeneratedNever();
        entity.HasIndex(row => row.Time).HasMethod("brin");
    }

    private static void Item(EntityTypeBuilder<ItemEntity> entity)
    {
        entity.ToTable("items").HasKey(row => new { row.DatasetId, row.ItemKey });
        entity.Property(row => row.ItemKey).HasDefaultValueSql("nextval('item_keys')");
        entity.Property(row => row.ExternalId).UseCollation(ByteOrder);

        // Ingestion asks for the key only: the answer is in the index, whatever the features weigh.
        entity.HasIndex(row => new { row.DatasetId, row.ExternalId }).IsUnique().IncludeProperties(row => row.ItemKey);
        entity.HasIndex(row => new { row.DatasetId, row.Split, row.ItemKey });
        entity.Property(row => row.Bytes).HasDefaultValue(0);
        entity.Property(row => row.ReplacedBytes).HasDefaultValue(0);
        entity.Property(row => row.CreateTime).HasDefaultValueSql("now()");
        entity.Property(row => row.UpdateTime).HasDefaultValueSql("now()");
        WrittenSince(entity.HasIndex(row => row.UpdateTime));
    }

    private static void Labeler(EntityTypeBuilder<LabelerEntity> entity)
    {
        entity.ToTable("labelers").HasKey(row => new { row.DatasetId, row.LabelerKey });
        entity.Property(row => row.LabelerKey).HasDefaultValueSql("nextval('labeler_keys')");
        entity.Property(row => row.ExternalId).UseCollation(ByteOrder);
        entity.HasIndex(row => new { row.DatasetId, row.ExternalId }).IsUnique();
        entity.Property(row => row.DisplayName).HasDefaultValue("");
        entity.Property(row => row.Tags).HasColumnType("jsonb").HasDefaultValueSql("'{}'::jsonb");
        entity.Property(row => row.CreateTime).HasDefaultValueSql("now()");
        entity.Property(row => row.Version).HasDefaultValue(1L);
    }

    private static void Annotation(EntityTypeBuilder<AnnotationEntity> entity)
    {
        entity.ToTable("annotations").HasKey(row => new { row.DatasetId, row.ItemKey, row.LabelerKey });
        entity.Property(row => row.Revision).HasDefaultValue(1);
        entity.Property(row => row.ReceivedAt).HasDefaultValueSql("now()");
        entity.HasIndex(row => new { row.DatasetId, row.LabelerKey, row.ItemKey });
        WrittenSince(entity.HasIndex(row => row.ReceivedAt));
    }

    // Rows lie about in the order of their times: a few bytes for each megabyte of the table find the recent ones, and writing a row
    // costs next to nothing.
    private static void WrittenSince(IndexBuilder index) => index.HasMethod("brin").HasStorageParameter("autosummarize", true);

    private static void AnnotationHistory(EntityTypeBuilder<AnnotationHistoryEntity> entity) =>
        entity.ToTable("annotation_history").HasKey(row => new { row.DatasetId, row.ItemKey, row.LabelerKey, row.Revision });

    private static void TrainingRun(EntityTypeBuilder<TrainingRunEntity> entity)
    {
        entity.ToTable("training_runs").HasKey(row => new { row.DatasetId, row.RunId });
        entity.Property(row => row.RunId).UseCollation(ByteOrder);
        entity.Property(row => row.RequestedSettings).HasColumnType("jsonb");
        entity.Property(row => row.EffectiveSettings).HasColumnType("jsonb").HasDefaultValueSql("'{}'::jsonb");
        entity.Property(row => row.CreateTime).HasDefaultValueSql("now()");
        entity.Property(row => row.UpdateTime).HasDefaultValueSql("now()");
        entity.Property(row => row.Version).HasDefaultValue(1L);
        entity.Property(row => row.StalledAttempts).HasDefaultValue(0);
        entity.Property(row => row.CheckpointSteps).HasDefaultValue(0L);
        entity.Property(row => row.ResumedCount).HasDefaultValue(0);
        entity.Property(row => row.WarmStartModel).UseCollation(ByteOrder);
        entity.Property(row => row.TrainerLevel).HasDefaultValue((short)0);

        // The claim looks over all datasets, but only over runs that wait or run: few, whatever the history.
        entity.HasIndex(row => new { row.State, row.Priority, row.CreateTime })
            .IsDescending(false, true, false).HasFilter("state in (1, 2)").HasDatabaseName("ix_training_runs_queue");
    }

    private static void RunCheckpoint(EntityTypeBuilder<RunCheckpointEntity> entity)
    {
        entity.ToTable("run_checkpoints").HasKey(row => new { row.DatasetId, row.RunId });
        entity.Property(row => row.RunId).UseCollation(ByteOrder);
        entity.Property(row => row.Steps).HasDefaultValue(0L);
        entity.Property(row => row.CreateTime).HasDefaultValueSql("now()");
        entity.Property(row => row.UpdateTime).HasDefaultValueSql("now()");
    }

    private static void TrainingRunEvent(EntityTypeBuilder<TrainingRunEventEntity> entity)
    {
        entity.ToTable("training_run_events").HasKey(row => new { row.DatasetId, row.RunId, row.Sequence });
        entity.Property(row => row.RunId).UseCollation(ByteOrder);
        entity.Property(row => row.Payload).HasColumnType("jsonb");
        entity.Property(row => row.Time).HasDefaultValueSql("clock_timestamp()");
    }

    private static void Model_(EntityTypeBuilder<ModelEntity> entity)
    {
        entity.ToTable("models", table => table.HasCheckConstraint(
            "ck_models_canary", "(canary_version is null and canary_share = 0) or (canary_version is not null and canary_share > 0 and canary_share < 1)"))
            .HasKey(row => new { row.DatasetId, row.ModelId });
        entity.Property(row => row.ModelId).UseCollation(ByteOrder);
        entity.Property(row => row.DisplayName).HasDefaultValue("");
        entity.Property(row => row.Description).HasDefaultValue("");
        entity.Property(row => row.CanaryShare).HasDefaultValue(0d);
        entity.Property(row => row.RetentionVersions).HasDefaultValue(0);
        entity.Property(row => row.RetentionSeconds).HasDefaultValue(0L);
        entity.Property(row => row.AliasChanges).HasDefaultValue(0L);
        entity.Property(row => row.Version).HasDefaultValue(1L);
        entity.Property(row => row.CreateTime).HasDefaultValueSql("now()");
        entity.Property(row => row.UpdateTime).HasDefaultValueSql("now()");
    }

    private static void ModelVersion(EntityTypeBuilder<ModelVersionEntity> entity)
    {
        entity.ToTable("model_versions").HasKey(row => new { row.DatasetId, row.ModelId, row.Version });
        entity.Property(row => row.ModelId).UseCollation(ByteOrder);
        entity.Property(row => row.Version).ValueGeneratedNever();
        entity.Property(row => row.Manifest).HasColumnType("jsonb");
        entity.Property(row => row.CreateTime).HasDefaultValueSql("now()");
        entity.Property(row => row.DeleteActor).HasDefaultValue("");

        // Whoever removes artefacts asks which versions refer to one; those that are deleted no longer do.
        entity.HasIndex(row => row.ArtefactSha256).HasFilter("state = 1").HasDatabaseName("ix_model_versions_artefact");
        entity.HasIndex(row => row.WeightsSha256).HasFilter("state = 1 and weights_sha256 is not null").HasDatabaseName("ix_model_versions_weights");
        entity.HasIndex(row => row.OutOfFoldSha256).HasFilter("state = 1 and out_of_fold_sha256 is not null").HasDatabaseName("ix_model_versions_out_of_fold");
        entity.HasIndex(row => row.EncoderSha256).HasFilter("state = 1 and encoder_sha256 is not null").HasDatabaseName("ix_model_versions_encoder");
    }

    private static void ModelAliasChange(EntityTypeBuilder<ModelAliasChangeEntity> entity)
    {
        entity.ToTable("model_alias_changes").HasKey(row => new { row.DatasetId, row.ModelId, row.Change });
        entity.Property(row => row.ModelId).UseCollation(ByteOrder);
        entity.Property(row => row.Alias).UseCollation(ByteOrder);
        entity.Property(row => row.Time).HasDefaultValueSql("now()");
        entity.HasIndex(row => new { row.DatasetId, row.ModelId, row.Alias, row.Change });
    }

    private static void ModelAlias(EntityTypeBuilder<ModelAliasEntity> entity)
    {
        entity.ToTable("model_aliases").HasKey(row => new { row.DatasetId, row.ModelId, row.Alias });
        entity.Property(row => row.ModelId).UseCollation(ByteOrder);
        entity.Property(row => row.Alias).UseCollation(ByteOrder);
        entity.Property(row => row.Version).HasDefaultValue(1L);
        entity.Property(row => row.UpdateTime).HasDefaultValueSql("now()");
    }

    private static void Artefact(EntityTypeBuilder<ArtefactEntity> entity)
    {
        // Content is addressed by its hash alone: the same bytes in two datasets are stored once.
        entity.ToTable("artefacts").HasKey(row => row.Sha256);
        entity.Property(row => row.CreateTime).HasDefaultValueSql("now()");
    }

    private static void RequestId(EntityTypeBuilder<RequestIdEntity> entity)
    {
        entity.ToTable("request_ids").HasKey(row => new { row.DatasetId, row.RequestId });
        entity.Property(row => row.CreateTime).HasDefaultValueSql("now()");
        entity.HasIndex(row => row.CreateTime);
    }

    private static void ServerSecret(EntityTypeBuilder<ServerSecretEntity> entity)
    {
        entity.ToTable("server_secrets").HasKey(row => row.Name);
        entity.Property(row => row.Name).UseCollation(ByteOrder);
        entity.Property(row => row.CreateTime).HasDefaultValueSql("now()");
    }

    private static void ApiKey(EntityTypeBuilder<ApiKeyEntity> entity)
    {
        entity.ToTable("api_keys", table => table.HasCheckConstraint("ck_api_keys_hash", "octet_length(secret_hash) = 32")).HasKey(row => row.KeyNumber);
        entity.Property(row => row.KeyNumber).UseIdentityByDefaultColumn();
        entity.Property(row => row.Id).IsRequired().UseCollation(ByteOrder);
        entity.HasIndex(row => row.Id).IsUnique();
        entity.Property(row => row.DisplayName).HasDefaultValue("");
        entity.Property(row => row.CreateTime).HasDefaultValueSql("now()");
    }

    private static void ApiKeyUsage(EntityTypeBuilder<ApiKeyUsageEntity> entity)
    {
        entity.ToTable("api_key_usage").HasKey(row => new { row.KeyId, row.Day });
        entity.Property(row => row.KeyId).UseCollation(ByteOrder);
        entity.HasIndex(row => row.Day);
    }

    private static void PredictionJob(EntityTypeBuilder<PredictionJobEntity> entity)
    {
        entity.ToTable("prediction_jobs").HasKey(row => new { row.DatasetId, row.JobKey });
        entity.Property(row => row.JobKey).UseIdentityByDefaultColumn();
        entity.Property(row => row.JobId).UseCollation(ByteOrder);
        entity.HasIndex(row => new { row.DatasetId, row.JobId }).IsUnique();
        entity.Property(row => row.CreateTime).HasDefaultValueSql("now()");

        // As with training runs: the claim looks over all datasets, but only over jobs that wait or run.
        entity.HasIndex(row => new { row.State, row.CreateTime }).HasFilter("state in (1, 2)").HasDatabaseName("ix_prediction_jobs_queue");
    }

    private static void Prediction(EntityTypeBuilder<PredictionEntity> entity) =>
        entity.ToTable("predictions").HasKey(row => new { row.DatasetId, row.JobKey, row.ItemKey });
}
