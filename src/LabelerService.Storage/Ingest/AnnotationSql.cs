namespace LabelerService.Storage.Ingest;

/// <summary>
/// The statements of ingestion. Parameters: $1 dataset, then arrays of items, labelers, classes, confidences, durations, times. Result,
/// one row: numbers created and revised, then what each statement says of its own.
/// </summary>
internal static class AnnotationSql
{
    private const string Insert =
        """
        INSERT INTO annotations AS a
            (dataset_id, item_key, labeler_key, class_index, revision, confidence, duration_ms, annotated_at, received_at)
        SELECT $1, t.item_key, t.labeler_key, t.class_index, 1, t.confidence, t.duration_ms, t.annotated_at, now() FROM
        """;

    private const string Conflict =
        """
         ORDER BY t.item_key, t.labeler_key
            ON CONFLICT (dataset_id, item_key, labeler_key) DO UPDATE SET
                class_index = excluded.class_index, revision = a.revision + 1, confidence = excluded.confidence,
                duration_ms = excluded.duration_ms, annotated_at = excluded.annotated_at, received_at = excluded.received_at
            WHERE (a.class_index, a.confidence, a.duration_ms, a.annotated_at)
                IS DISTINCT FROM (excluded.class_index, excluded.confidence, excluded.duration_ms, excluded.annotated_at)
            RETURNING revision
        )
        SELECT count(*) FILTER (WHERE revision = 1), count(*) FILTER (WHERE revision > 1),
        """;

    /// <summary>
    /// Items and labelers by key; $8 are the distinct labelers. Third column: whether these all exist; if not, nothing is written. Items
    /// are only deleted with their dataset, which the lock in front has seen to.
    /// </summary>
    public const string WriteByKey =
        $"""
        WITH known AS MATERIALIZED (
            SELECT count(*) = cardinality($8) AS all_exist FROM labelers WHERE dataset_id = $1 AND labeler_key = ANY($8)
        ), written AS (
            {Insert} unnest($2::bigint[], $3::bigint[], $4::smallint[], $5::real[], $6::integer[], $7::timestamptz[])
                AS t(item_key, labeler_key, class_index, confidence, duration_ms, annotated_at)
            WHERE (SELECT all_exist FROM known)
        {Conflict} (SELECT all_exist FROM known) FROM written
        """;

    private const string Input =
        """
        WITH input AS MATERIALIZED (
            SELECT * FROM unnest($2::text[], $3::text[], $4::smallint[], $5::real[], $6::integer[], $7::timestamptz[])
                WITH ORDINALITY AS t(item_id, labeler_id, class_index, confidence, duration_ms, annotated_at, ord)
        ),
        known_labelers AS MATERIALIZED (
            SELECT l.labeler_key, l.external_id FROM labelers l
            WHERE l.dataset_id = $1 AND l.external_id = ANY (ARRAY(SELECT DISTINCT labeler_id FROM input))
        ),
        """;

    // Unknown items come first: when labelers are registered, these are left out of the batch's new ones because of such an item, and
    // twenty of them must not hide it.
    private const string Resolved =
        """
        resolved AS MATERIALIZED (
            SELECT t.*, i.item_key, l.labeler_key FROM input t
            LEFT JOIN items i ON i.dataset_id = $1 AND i.external_id = t.item_id
            LEFT JOIN all_labelers l ON l.external_id = t.labeler_id
        ),
        unknown AS MATERIALIZED (
            SELECT ord, item_key IS NULL AS no_item, labeler_key IS NULL AS no_labeler FROM resolved
            WHERE item_key IS NULL OR labeler_key IS NULL ORDER BY item_key IS NOT NULL, ord LIMIT 20
        ),
        written AS (
        """ + Insert +
        """
         resolved t WHERE NOT EXISTS (SELECT 1 FROM unknown)
        """ + Conflict +
        """
            (SELECT coalesce(array_agg(ord) FILTER (WHERE no_item), '{}') FROM unknown),
            (SELECT coalesce(array_agg(ord) FILTER (WHERE no_labeler), '{}') FROM unknown)
        FROM written
        """;

    /// <summary>
    /// Items and labelers by external id. Third and fourth column: ordinals of entries with an unknown item, an unknown labeler, at most
    /// 20 in all; if there are any, nothing is written.
    /// </summary>
    public const string WriteById = Input +
        """
        all_labelers AS MATERIALIZED (SELECT * FROM known_labelers),
        """ + Resolved;

    /// <summary>
    /// As <see cref="WriteById"/>, but registers unknown labelers, unless an item is unknown. Where another transaction registered one a
    /// moment ago, which this statement's snapshot does not show, the conflict's no-op update returns that row.
    /// </summary>
    public const string WriteByIdRegistering = Input +
        """
        new_labelers AS (
            INSERT INTO labelers AS l (dataset_id, external_id)
            SELECT $1, n.labeler_id FROM (
                SELECT DISTINCT labeler_id COLLATE "C" AS labeler_id FROM input WHERE labeler_id NOT IN (SELECT external_id FROM known_labelers)) n
            WHERE NOT EXISTS (
                SELECT 1 FROM input t WHERE NOT EXISTS (SELECT 1 FROM items i WHERE i.dataset_id = $1 AND i.external_id = t.item_id))
            ORDER BY n.labeler_id
            ON CONFLICT (dataset_id, external_id) DO UPDATE SET version = l.version RETURNING l.labeler_key, l.external_id
        ),
        all_labelers AS MATERIALIZED (SELECT * FROM known_labelers UNION ALL SELECT * FROM new_labelers),
        """ + Resolved;
}
