using LabelerService.Storage.Datasets;

namespace LabelerService.Storage.Ingest;

/// <summary>The statements of ingestion.</summary>
internal static class AnnotationSql
{
    /// <summary>The epoch of a dataset's keys. $1 dataset.</summary>
    /// <remarks>
    /// A statement of its own behind <see cref="DatasetLock.Shared"/>: what waits for a lock has its snapshot from before the waiting, and
    /// may return the row as it was then.
    /// </remarks>
    public const string Epoch = "SELECT key_epoch FROM datasets WHERE dataset_id = $1";

    public const string FindItems = "SELECT external_id, item_key FROM items WHERE dataset_id = $1 AND external_id = ANY($2)";

    public const string FindLabelers = "SELECT external_id, labeler_key FROM labelers WHERE dataset_id = $1 AND external_id = ANY($2)";

    /// <summary>
    /// Registers labelers. $1 dataset, $2 ids. Where another transaction registered one a moment ago, which this statement's snapshot does
    /// not show, the conflict's no-op update returns that row. Third column: whether it is new.
    /// </summary>
    public const string RegisterLabelers =
        """
        INSERT INTO labelers AS l (dataset_id, external_id)
        SELECT $1, n.id FROM unnest($2::text[]) AS n(id) ORDER BY n.id COLLATE "C"
        ON CONFLICT (dataset_id, external_id) DO UPDATE SET version = l.version RETURNING l.external_id, l.labeler_key, xmax = 0
        """;

    /// <summary>
    /// As <see cref="RegisterLabelers"/>, for items: $3 the split they are in until they are written. New is who got the key that was drawn here: a partitioned
    /// table does not tell <c>xmax</c>.
    /// </summary>
    public const string RegisterItems =
        """
        WITH drawn AS (
            SELECT nextval('item_keys') AS item_key, n.id FROM unnest($2::text[]) AS n(id)
        ), written AS (
            INSERT INTO items AS i (dataset_id, item_key, external_id, split, feature_encoding)
            SELECT $1, item_key, id, $3, 1 FROM drawn ORDER BY id COLLATE "C"
            ON CONFLICT (dataset_id, external_id) DO UPDATE SET split = i.split RETURNING i.external_id, i.item_key
        )
        SELECT w.external_id, w.item_key, d.item_key IS NOT NULL FROM written w LEFT JOIN drawn d USING (item_key)
        """;

    /// <summary>
    /// Writes annotations by key. $1 dataset, $2 to $7 items, labelers, classes, confidences, durations, times, all in the order of (item,
    /// labeler), which is the order in which every writer takes its locks; $8 the epoch of the keys: in any other nothing is written. A
    /// null class retracts, which is nothing where no annotation is.
    /// Result, one row: the epoch (in another nothing was written), numbers created and changed, the created ones' items and labelers where they are not
    /// all or none, the changed ones' items, labelers and revisions.
    /// </summary>
    public const string Write =
        """
        WITH written AS (
            INSERT INTO annotations AS a
                (dataset_id, item_key, labeler_key, class_index, revision, confidence, duration_ms, annotated_at, received_at)
            SELECT $1, t.item_key, t.labeler_key, t.class_index, 1, t.confidence, t.duration_ms, t.annotated_at, now()
            FROM unnest($2::bigint[], $3::bigint[], $4::smallint[], $5::real[], $6::integer[], $7::timestamptz[])
                AS t(item_key, labeler_key, class_index, confidence, duration_ms, annotated_at)
            WHERE (SELECT key_epoch = $8 FROM datasets WHERE dataset_id = $1)
                AND (t.class_index IS NOT NULL OR (
                    SELECT true FROM annotations e WHERE e.dataset_id = $1 AND e.item_key = t.item_key AND e.labeler_key = t.labeler_key))
            ON CONFLICT (dataset_id, item_key, labeler_key) DO UPDATE SET
                class_index = excluded.class_index, revision = a.revision + 1, confidence = excluded.confidence,
                duration_ms = excluded.duration_ms, annotated_at = excluded.annotated_at, received_at = excluded.received_at
            WHERE (a.class_index, a.confidence, a.duration_ms, a.annotated_at)
                IS DISTINCT FROM (excluded.class_index, excluded.confidence, excluded.duration_ms, excluded.annotated_at)
            RETURNING a.item_key, a.labeler_key, a.revision
        ), counted AS (
            SELECT count(*) FILTER (WHERE revision = 1) AS created, count(*) FILTER (WHERE revision > 1) AS changed,
                array_agg(item_key) FILTER (WHERE revision = 1) AS created_items,
                array_agg(labeler_key) FILTER (WHERE revision = 1) AS created_labelers,
                array_agg(item_key) FILTER (WHERE revision > 1) AS changed_items,
                array_agg(labeler_key) FILTER (WHERE revision > 1) AS changed_labelers,
                array_agg(revision) FILTER (WHERE revision > 1) AS changed_revisions
            FROM written
        )
        SELECT (SELECT key_epoch FROM datasets WHERE dataset_id = $1), created, changed,
            CASE WHEN created < cardinality($2) THEN created_items END, CASE WHEN created < cardinality($2) THEN created_labelers END,
            changed_items, changed_labelers, changed_revisions
        FROM counted
        """;

    /// <summary>
    /// The epoch of a dataset's keys, and whether any of these pairs has been written before, taken back or not. $1 dataset, $2 and $3 items
    /// and labelers.
    /// </summary>
    /// <remarks>LIMIT keeps it from being planned as a join that reads the whole table.</remarks>
    public const string AnyWritten =
        """
        SELECT (SELECT key_epoch FROM datasets WHERE dataset_id = $1), EXISTS (
            SELECT 1 FROM unnest($2::bigint[], $3::bigint[]) AS t(item_key, labeler_key)
            CROSS JOIN LATERAL (
                SELECT 1 FROM annotations a
                WHERE a.dataset_id = $1 AND a.item_key = t.item_key AND a.labeler_key = t.labeler_key LIMIT 1) written)
        """;

    /// <summary>
    /// How many of the annotations just changed had been retracted before: the history knows, whatever others did meanwhile. $1 dataset, $2
    /// to $4 items, labelers, revisions replaced.
    /// </summary>
    public const string CountRevived =
        """
        SELECT count(*) FROM unnest($2::bigint[], $3::bigint[], $4::integer[]) AS t(item_key, labeler_key, revision)
        CROSS JOIN LATERAL (
            SELECT 1 FROM annotation_history h
            WHERE h.dataset_id = $1 AND h.item_key = t.item_key AND h.labeler_key = t.labeler_key AND h.revision = t.revision
                AND h.class_index IS NULL LIMIT 1) was_retracted
        """;
}
