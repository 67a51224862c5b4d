namespace LabelerService.Storage.Schema;

/// <summary>What the migration of quotas needs beyond what EF Core can express.</summary>
internal static class UsageSql
{
    /// <summary>The function that counts and checks, and the counts of what is there already.</summary>
    public const string Up =
        """
        -- Rewritten by every committed write: room in the page keeps the new version in place.
        ALTER TABLE dataset_usage SET (fillfactor = 30);

        INSERT INTO dataset_usage (dataset_id, shard, items, annotations, labelers, bytes)
        SELECT d.dataset_id, 0,
            (SELECT count(*) FROM items i WHERE i.dataset_id = d.dataset_id),
            (SELECT count(*) FROM annotations a WHERE a.dataset_id = d.dataset_id AND a.class_index IS NOT NULL),
            (SELECT count(*) FROM labelers l WHERE l.dataset_id = d.dataset_id),
            (SELECT coalesce(sum(octet_length(i.features)), 0) FROM items i WHERE i.dataset_id = d.dataset_id)
        FROM datasets d;

        -- Adds to a dataset's usage and returns the quotas that are now exceeded by what was added; the caller then rolls back. Called
        -- once a transaction, as its last statement.
        CREATE FUNCTION add_dataset_usage(
            of_dataset bigint, more_items bigint, more_annotations bigint, more_labelers bigint, more_bytes bigint)
        RETURNS TABLE (resource text, quota bigint, used bigint) LANGUAGE plpgsql AS $$
        DECLARE
            limits record;
            guarded boolean;
        BEGIN
            SELECT d.max_items, d.max_annotations, d.max_labelers, d.max_bytes INTO limits FROM datasets d WHERE d.dataset_id = of_dataset;
            guarded := (limits.max_items > 0 AND more_items > 0) OR (limits.max_annotations > 0 AND more_annotations > 0)
                OR (limits.max_labelers > 0 AND more_labelers > 0) OR (limits.max_bytes > 0 AND more_bytes > 0);
            IF guarded THEN
                -- What others have added but not committed does not show: one at a time where it matters.
                PERFORM pg_advisory_xact_lock(1970365287, (of_dataset % 2147483647)::integer);
            END IF;
            INSERT INTO dataset_usage AS u (dataset_id, shard, items, annotations, labelers, bytes)
            VALUES (of_dataset, (pg_backend_pid() % 16)::smallint, more_items, more_annotations, more_labelers, more_bytes)
            ON CONFLICT (dataset_id, shard) DO UPDATE SET
                items = u.items + excluded.items, annotations = u.annotations + excluded.annotations,
                labelers = u.labelers + excluded.labelers, bytes = u.bytes + excluded.bytes;
            IF guarded THEN
                RETURN QUERY
                SELECT q.resource, q.quota, q.used::bigint
                FROM (SELECT sum(u.items) AS items, sum(u.annotations) AS annotations, sum(u.labelers) AS labelers, sum(u.bytes) AS bytes
                      FROM dataset_usage u WHERE u.dataset_id = of_dataset) s,
                LATERAL (VALUES
                    ('items', limits.max_items, s.items, more_items), ('annotations', limits.max_annotations, s.annotations, more_annotations),
                    ('labelers', limits.max_labelers, s.labelers, more_labelers), ('bytes', limits.max_bytes, s.bytes, more_bytes)
                ) AS q(resource, quota, used, more)
                WHERE q.quota > 0 AND q.more > 0 AND q.used > q.quota;
            END IF;
        END $$;
        """;

    /// <summary>Undoes <see cref="Up"/>; the table goes by itself.</summary>
    public const string Down = "DROP FUNCTION add_dataset_usage;";
}
