namespace LabelerService.Storage.Schema;

/// <summary>What the migration of insight needs beyond what EF Core can express.</summary>
internal static class InsightSql
{
    /// <summary>Usage that counts changed items, too, and notes which transaction wrote how much.</summary>
    public const string Up =
        """
        -- As before, with one counter and one row more: what ingestion writes stays one statement.
        DROP FUNCTION add_dataset_usage(bigint, bigint, bigint, bigint, bigint, bigint);
        CREATE FUNCTION add_dataset_usage(
            of_dataset bigint, more_items bigint, more_annotations bigint, more_labelers bigint, more_bytes bigint, more_changes bigint DEFAULT 0,
            more_item_changes bigint DEFAULT 0)
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
            INSERT INTO dataset_usage AS u (dataset_id, shard, items, annotations, labelers, bytes, changes, item_changes)
            VALUES (of_dataset, (pg_backend_pid() % 16)::smallint, more_items, more_annotations, more_labelers, more_bytes, more_changes,
                more_item_changes)
            ON CONFLICT (dataset_id, shard) DO UPDATE SET
                items = u.items + excluded.items, annotations = u.annotations + excluded.annotations,
                labelers = u.labelers + excluded.labelers, bytes = u.bytes + excluded.bytes, changes = u.changes + excluded.changes,
                item_changes = u.item_changes + excluded.item_changes;
            IF more_changes > 0 OR more_item_changes > 0 THEN
                INSERT INTO dataset_writes AS w (dataset_id, transaction_id, time, changes, item_changes)
                VALUES (of_dataset, pg_current_xact_id()::text::bigint, now(), more_changes, more_item_changes)
                ON CONFLICT (dataset_id, transaction_id) DO UPDATE SET
                    changes = w.changes + excluded.changes, item_changes = w.item_changes + excluded.item_changes;
            END IF;
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

    /// <summary>Undoes <see cref="Up"/>: the function as it was. Columns and tables go by themselves.</summary>
    public const string Down =
        """
        DROP FUNCTION add_dataset_usage(bigint, bigint, bigint, bigint, bigint, bigint, bigint);
        CREATE FUNCTION add_dataset_usage(
            of_dataset bigint, more_items bigint, more_annotations bigint, more_labelers bigint, more_bytes bigint, more_changes bigint DEFAULT 0)
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
            INSERT INTO dataset_usage AS u (dataset_id, shard, items, annotations, labelers, bytes, changes)
            VALUES (of_dataset, (pg_backend_pid() % 16)::smallint, more_items, more_annotations, more_labelers, more_bytes, more_changes)
            ON CONFLICT (dataset_id, shard) DO UPDATE SET
                items = u.items + excluded.items, annotations = u.annotations + excluded.annotations,
                labelers = u.labelers + excluded.labelers, bytes = u.bytes + excluded.bytes, changes = u.changes + excluded.changes;
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
}
