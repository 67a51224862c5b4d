namespace LabelerService.Storage.Schema;

/// <summary>What the first migration needs beyond what EF Core can express.</summary>
internal static class InitialSql
{
    /// <summary>Storage settings and the history of annotations.</summary>
    public const string Up =
        """
        -- Features and model files are dense numbers: compression costs time and gains nothing.
        ALTER TABLE items ALTER COLUMN features SET STORAGE EXTERNAL;
        ALTER TABLE artefacts ALTER COLUMN bytes SET STORAGE EXTERNAL;

        -- Heartbeats and revisions rewrite rows in place when their page has room.
        ALTER TABLE training_runs SET (fillfactor = 70);
        ALTER TABLE annotations SET (fillfactor = 95);

        -- ON CONFLICT DO UPDATE does not tell the statement what was there before, and a snapshot may not show it; the trigger sees
        -- the very rows that were replaced. Once a statement, so that first annotations cost nothing.
        CREATE FUNCTION keep_annotation_revisions() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO annotation_history
                (dataset_id, item_key, labeler_key, revision, class_index, confidence, duration_ms, annotated_at, received_at)
            SELECT dataset_id, item_key, labeler_key, revision, class_index, confidence, duration_ms, annotated_at, received_at FROM replaced;
            RETURN NULL;
        END $$;
        CREATE TRIGGER keep_annotation_revisions AFTER UPDATE ON annotations
            REFERENCING OLD TABLE AS replaced FOR EACH STATEMENT EXECUTE FUNCTION keep_annotation_revisions();
        """;

    /// <summary>Undoes <see cref="Up"/>; the tables go by themselves.</summary>
    public const string Down = "DROP TRIGGER keep_annotation_revisions ON annotations; DROP FUNCTION keep_annotation_revisions();";
}
