using LabelerService.Storage.Models;
using LabelerService.Storage.Runs;

namespace LabelerService.Storage.Labelers;

/// <summary>The statements of an erasure. Where a labeler's id can stand, one of them looks; a test scans every table for what was missed.</summary>
internal static class ErasureSql
{
    /// <summary>How much there is of labeler $2, whose id is $3, and how many runs are under way.</summary>
    public static readonly string Counts =
        $"""
        SELECT (SELECT count(*) FROM annotations WHERE dataset_id = $1 AND labeler_key = $2),
            (SELECT count(*) FROM annotation_history WHERE dataset_id = $1 AND labeler_key = $2),
            (SELECT count(*) FROM studio_annotations WHERE dataset_id = $1 AND labeler_id = $3),
            (SELECT count(*) FROM training_runs WHERE dataset_id = $1 AND state = {(int)RunState.Running})
        """;

    private const string Naming = "manifest -> 'Heads' @> jsonb_build_array(jsonb_build_object('LabelerId', $3::text))";

    /// <summary>Versions that name the id $3: their files do, too.</summary>
    public static readonly string VersionsNaming =
        $"""
        SELECT model_id, version FROM model_versions WHERE dataset_id = $1 AND state = {(int)ModelVersionState.Ready} AND {Naming}
        ORDER BY model_id, version
        """;

    /// <summary>
    /// Versions that may have been trained on annotations of labeler $2: those published since there was the first. Not every algorithm has a
    /// head for every labeler, so that a manifest does not tell.
    /// </summary>
    public static readonly string VersionsSince =
        $"""
        SELECT model_id, version FROM model_versions
        WHERE dataset_id = $1 AND state = {(int)ModelVersionState.Ready} AND ({Naming} OR create_time >= least(
            (SELECT min(received_at) FROM annotations WHERE dataset_id = $1 AND labeler_key = $2),
            (SELECT min(received_at) FROM annotation_history WHERE dataset_id = $1 AND labeler_key = $2)))
        ORDER BY model_id, version
        """;

    /// <summary>Keys that speak for the labeler $1 in the dataset $2.</summary>
    public const string Keys = "FROM api_keys WHERE labeler_id = $1 AND (datasets IS NULL OR $2 = ANY(datasets))";

    /// <summary>Marks the versions $3, $4; what was deleted outweighs what was only renamed.</summary>
    public const string Flag =
        """
        UPDATE model_versions v SET erased_data = greatest(v.erased_data, $2), erase_time = now()
        FROM unnest($3::text[], $4::integer[]) AS f(model_id, version) WHERE v.dataset_id = $1 AND v.model_id = f.model_id AND v.version = f.version
        """;

    /// <summary>Manifests name $3 instead of $2, those of deleted versions too.</summary>
    public const string RenameHeads =
        """
        UPDATE model_versions SET manifest = jsonb_set(manifest, '{Heads}', (
            SELECT jsonb_agg(CASE WHEN h.head ->> 'LabelerId' = $2 THEN jsonb_set(h.head, '{LabelerId}', to_jsonb($3::text)) ELSE h.head END ORDER BY h.place)
            FROM jsonb_array_elements(manifest -> 'Heads') WITH ORDINALITY AS h(head, place)))
        WHERE dataset_id = $1 AND manifest -> 'Heads' @> jsonb_build_array(jsonb_build_object('LabelerId', $2::text))
        """;

    /// <summary>
    /// Sentences that name labelers, as the search for drift writes them: whole ids, so that no other labeler's id that holds this one changes.
    /// </summary>
    public static readonly string[] RenameInTexts =
    [
        $"UPDATE training_runs SET retraining_reason = {Renamed("retraining_reason")} WHERE dataset_id = $1 AND {Named("retraining_reason")}",
        $"""
        UPDATE retraining_policies SET last_trigger_reason = {Renamed("last_trigger_reason")}
        WHERE dataset_id = $1 AND {Named("last_trigger_reason")}
        """,
        $"""
        UPDATE retraining_policies SET drift_finding = jsonb_set(drift_finding, '{"{Text}"}', to_jsonb({Renamed("drift_finding ->> 'Text'")}))
        WHERE dataset_id = $1 AND {Named("drift_finding ->> 'Text'")}
        """,
    ];

    /// <summary>
    /// Runs under way begin anew, on the data as it is from now on: their trainers' leases are void, and whoever claims them finds nothing kept.
    /// </summary>
    public static readonly string RestartRuns =
        $"""
        UPDATE training_runs AS r SET fencing_token = r.fencing_token + 1, lease_expires_at = now() - interval '1 second', stalled_attempts = 0,
            checkpoint_steps = 0, version = r.version + 1, update_time = now()
        WHERE r.dataset_id = $1 AND r.state = {(int)RunState.Running}
        """;

    /// <summary>Notes the erasure.</summary>
    public const string Record =
        """
        INSERT INTO labeler_erasures AS e (dataset_id, labeler_key, mode, pseudonym, effect) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (dataset_id, labeler_key) DO UPDATE SET
            mode = excluded.mode, pseudonym = excluded.pseudonym, effect = excluded.effect, erase_time = excluded.erase_time
        RETURNING erase_time
        """;

    // Long ids are cut there.
    private const string Id = "'labeler ' || CASE WHEN length($2::text) > 64 THEN left($2::text, 64) || '…' ELSE $2::text END || ' names '";

    private static string Named(string text) => $"strpos({text}, {Id}) > 0";

    private static string Renamed(string text) => $"replace({text}, {Id}, 'labeler ' || $3::text || ' names ')";
}
