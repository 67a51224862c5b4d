namespace LabelerService.Storage.Schema;

/// <summary>
/// What keeps the version before this schema's from doing harm while both work on one database: it knows neither what came since nor who
/// refers to it. What each trigger stands for is done by this version itself too, so the release after may drop them.
/// </summary>
internal static class PreviousVersionSql
{
    /// <summary>The setting by which a transaction says which runs its trainer can do; not set by trainers of level 0.</summary>
    public const string LevelSetting = "labeler.trainer_level";

    public const string Up =
        $"""
        UPDATE training_runs SET trainer_level = 1 WHERE state IN (1, 2) AND (curve_id IS NOT NULL OR algorithm IN ('bingo', 'neo'));

        -- It would train one model where a curve is to be measured, and fail what it has no name for: such runs wait for another trainer.
        CREATE FUNCTION leave_runs_to_newer_trainers() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF coalesce(nullif(current_setting('{LevelSetting}', true), ''), '0')::integer < OLD.trainer_level THEN
                RETURN NULL;
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER leave_runs_to_newer_trainers BEFORE UPDATE ON training_runs FOR EACH ROW
            WHEN (OLD.trainer_level > 0 AND NEW.attempt > OLD.attempt) EXECUTE FUNCTION leave_runs_to_newer_trainers();

        -- Its sweep, once a minute, removes every artefact that no reference which it knows of points to.
        CREATE FUNCTION keep_artefacts_in_use() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT 1 FROM model_versions v WHERE v.encoder_sha256 = OLD.sha256 AND v.state = 1)
                OR EXISTS (SELECT 1 FROM backbones b WHERE b.artefact_sha256 = OLD.sha256) THEN
                RETURN NULL;
            END IF;
            RETURN OLD;
        END $$;
        CREATE TRIGGER keep_artefacts_in_use BEFORE DELETE ON artefacts FOR EACH ROW EXECUTE FUNCTION keep_artefacts_in_use();

        -- It deletes a dataset with the tables that it knows.
        CREATE FUNCTION delete_with_dataset() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            DELETE FROM backbones WHERE dataset_id = OLD.dataset_id;
            DELETE FROM extracted_features WHERE dataset_id = OLD.dataset_id;
            DELETE FROM feature_extractions WHERE dataset_id = OLD.dataset_id;
            DELETE FROM curve_points WHERE dataset_id = OLD.dataset_id;
            DELETE FROM curves WHERE dataset_id = OLD.dataset_id;
            DELETE FROM studio_annotations WHERE dataset_id = OLD.dataset_id;
            DELETE FROM labeler_erasures WHERE dataset_id = OLD.dataset_id;
            RETURN NULL;
        END $$;
        CREATE TRIGGER delete_with_dataset AFTER DELETE ON datasets FOR EACH ROW EXECUTE FUNCTION delete_with_dataset();
        """;

    public const string Down =
        """
        DROP TRIGGER delete_with_dataset ON datasets;
        DROP FUNCTION delete_with_dataset();
        DROP TRIGGER keep_artefacts_in_use ON artefacts;
        DROP FUNCTION keep_artefacts_in_use();
        DROP TRIGGER leave_runs_to_newer_trainers ON training_runs;
        DROP FUNCTION leave_runs_to_newer_trainers();
        """;
}
