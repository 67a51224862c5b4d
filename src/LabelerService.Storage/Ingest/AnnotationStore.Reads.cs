using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using Npgsql;

namespace LabelerService.Storage.Ingest;

public sealed partial class AnnotationStore
{
    private const string Columns =
        """
        a.item_key, a.labeler_key, i.external_id, l.external_id, a.class_index, a.revision, a.confidence, a.duration_ms, a.annotated_at,
        a.received_at
        """;

    private const string Joins =
        """
        JOIN items i ON i.dataset_id = a.dataset_id AND i.item_key = a.item_key
        JOIN labelers l ON l.dataset_id = a.dataset_id AND l.labeler_key = a.labeler_key
        """;

    private const string RevisionColumns =
        "dataset_id, item_key, labeler_key, class_index, revision, confidence, duration_ms, annotated_at, received_at";

    /// <summary>Whether a dataset has any annotation that is not retracted.</summary>
    public Task<bool> AnyAsync(DatasetRecord dataset, CancellationToken cancel) =>
        _db.RunAsync(
            (connection, token) => Sql.Command(
                connection, "SELECT EXISTS (SELECT 1 FROM annotations WHERE dataset_id = $1 AND class_index IS NOT NULL)", dataset.Key)
                .ScalarAsync<bool>(token),
            cancel);

    /// <summary>Number of current annotations of a dataset, without retracted ones.</summary>
    public Task<long> CountAsync(DatasetRecord dataset, CancellationToken cancel) =>
        _db.RunAsync(
            (connection, token) => Sql.Command(
                connection, "SELECT count(*) FROM annotations WHERE dataset_id = $1 AND class_index IS NOT NULL", dataset.Key)
                .ScalarAsync<long>(token),
            cancel);

    /// <summary>Lists current annotations by ascending (item key, labeler key), retracted ones only where the filter says so.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="filter">Which annotations; an item or labeler that does not exist has none.</param>
    /// <param name="after">Last annotation already seen; <c>default</c> starts at the beginning.</param>
    /// <param name="limit">Rows at most.</param>
    /// <param name="cancel">Cancels.</param>
    public async Task<IReadOnlyList<AnnotationRecord>> ListAsync(
        DatasetRecord dataset, AnnotationFilter filter, AnnotationCursor after, int limit, CancellationToken cancel)
    {
        if (filter.ItemId is not null)
        {
            TextRules.CheckExternalId("item_id", filter.ItemId);
        }

        if (filter.LabelerId is not null)
        {
            TextRules.CheckExternalId("labeler_id", filter.LabelerId);
        }

        return await _db.RunAsync((connection, token) => ListCommand(connection, dataset, filter, after, limit).ListAsync(Read, token), cancel);
    }

    /// <summary>Finds an annotation's current revision, which may be a retraction; null if there never was one.</summary>
    public async Task<AnnotationRecord?> FindAsync(DatasetRecord dataset, long itemKey, long labelerKey, CancellationToken cancel)
    {
        var rows = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection, $"SELECT {Columns} FROM annotations a {Joins} WHERE a.dataset_id = $1 AND a.item_key = $2 AND a.labeler_key = $3",
                dataset.Key, itemKey, labelerKey).ListAsync(Read, token),
            cancel);
        return rows.Count == 1 ? rows[0] : null;
    }

    /// <summary>Revisions of one annotation, newest first. Empty if there never was one.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="itemKey">Key of the item.</param>
    /// <param name="labelerKey">Key of the labeler.</param>
    /// <param name="before">Revision already seen; <see cref="int.MaxValue"/> starts at the current one.</param>
    /// <param name="limit">Rows at most.</param>
    /// <param name="cancel">Cancels.</param>
    public async Task<IReadOnlyList<AnnotationRecord>> RevisionsAsync(
        DatasetRecord dataset, long itemKey, long labelerKey, int before, int limit, CancellationToken cancel) =>
        await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                $"""
                SELECT {Columns} FROM (
                    SELECT * FROM (SELECT {RevisionColumns} FROM annotation_history
                        WHERE dataset_id = $1 AND item_key = $2 AND labeler_key = $3 AND revision < $4 ORDER BY revision DESC LIMIT $5) h
                    UNION ALL
                    SELECT {RevisionColumns} FROM annotations
                        WHERE dataset_id = $1 AND item_key = $2 AND labeler_key = $3 AND revision < $4
                ) a {Joins} ORDER BY a.revision DESC LIMIT $5
                """,
                dataset.Key, itemKey, labelerKey, before, limit).ListAsync(Read, token),
            cancel);

    /// <summary>All revisions of one annotation from first to current; a null class is a retraction. Empty if there never was one.</summary>
    public async Task<IReadOnlyList<AnnotationRecord>> HistoryAsync(
        DatasetRecord dataset, string itemId, string labelerId, CancellationToken cancel)
    {
        CheckIds(itemId, labelerId);
        return await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                $"""
                WITH a AS (
                    SELECT i.item_key, l.labeler_key FROM items i, labelers l
                    WHERE i.dataset_id = $1 AND i.external_id = $2 AND l.dataset_id = $1 AND l.external_id = $3
                ), revisions AS (
                    SELECT h.* FROM a JOIN annotation_history h ON h.dataset_id = $1 AND h.item_key = a.item_key AND h.labeler_key = a.labeler_key
                    UNION ALL
                    SELECT c.dataset_id, c.item_key, c.labeler_key, c.revision, c.class_index, c.confidence, c.duration_ms, c.annotated_at, c.received_at
                    FROM a JOIN annotations c ON c.dataset_id = $1 AND c.item_key = a.item_key AND c.labeler_key = a.labeler_key
                )
                SELECT item_key, labeler_key, $2, $3, class_index, revision, confidence, duration_ms, annotated_at, received_at
                FROM revisions ORDER BY revision
                """,
                dataset.Key, itemId, labelerId).ListAsync(Read, token),
            cancel);
    }

    internal static NpgsqlCommand ListCommand(
        NpgsqlConnection connection, DatasetRecord dataset, AnnotationFilter filter, AnnotationCursor after, int limit)
    {
        // Each filter has its own index order; all give (item, labeler) ascending.
        var where = (filter.ItemId, filter.LabelerId) switch
        {
            (null, null) => "(a.item_key, a.labeler_key) > ($2, $3)",
            (not null, null) =>
                "a.item_key = (SELECT item_key FROM items WHERE dataset_id = $1 AND external_id = $5) AND (a.item_key, a.labeler_key) > ($2, $3)",
            (null, not null) =>
                "a.labeler_key = (SELECT labeler_key FROM labelers WHERE dataset_id = $1 AND external_id = $5) AND (a.item_key, a.labeler_key) > ($2, $3)",
            _ =>
                """
                a.item_key = (SELECT item_key FROM items WHERE dataset_id = $1 AND external_id = $5)
                AND a.labeler_key = (SELECT labeler_key FROM labelers WHERE dataset_id = $1 AND external_id = $6)
                AND (a.item_key, a.labeler_key) > ($2, $3)
                """,
        };
        var command = Sql.Command(
            connection,
            $"""
            SELECT {Columns} FROM annotations a {Joins}
            WHERE a.dataset_id = $1{(filter.ShowRetracted ? "" : " AND a.class_index IS NOT NULL")} AND {where} ORDER BY a.item_key, a.labeler_key LIMIT $4
            """,
            dataset.Key, after.ItemKey, after.LabelerKey, limit);
        foreach (var id in (ReadOnlySpan<string?>)[filter.ItemId, filter.LabelerId])
        {
            if (id is not null)
            {
                command.Parameters.Add(new NpgsqlParameter { Value = id });
            }
        }

        return command;
    }

    private static void CheckIds(string itemId, string labelerId)
    {
        TextRules.CheckExternalId("item_id", itemId);
        TextRules.CheckExternalId("labeler_id", labelerId);
    }

    private static AnnotationRecord Read(NpgsqlDataReader row) => new()
    {
        ItemKey = row.GetInt64(0),
        LabelerKey = row.GetInt64(1),
        ItemId = row.GetString(2),
        LabelerId = row.GetString(3),
        ClassIndex = row.Maybe<short>(4),
        Revision = row.GetInt32(5),
        Confidence = row.Maybe<float>(6),
        DurationMs = row.Maybe<int>(7),
        AnnotatedAt = row.Maybe<DateTimeOffset>(8),
        ReceivedAt = row.GetFieldValue<DateTimeOffset>(9),
    };
}
