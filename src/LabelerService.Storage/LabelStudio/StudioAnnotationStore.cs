using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using NpgsqlTypes;

namespace LabelerService.Storage.LabelStudio;

/// <summary>
/// Remembers which annotation of Label Studio is whose, of which item. Its events come in any order, or again: what is older than what is
/// known changes nothing, and what was deleted stays so.
/// </summary>
public sealed class StudioAnnotationStore
{
    /// <summary>Longest name of a Label Studio, in bytes of UTF-8.</summary>
    public const int MaxSourceBytes = 64;

    // Both rows of an id that moves to another item or labeler matter: the first may have lost what it said.
    private const string Upsert =
        """
        WITH input AS (
            SELECT * FROM unnest($3::bigint[], $4::text[], $5::text[], $6::smallint[], $7::integer[], $8::timestamptz[])
                AS t(studio_id, item_id, labeler_id, class_index, duration_ms, update_time)
        ), before AS (
            SELECT s.studio_id, s.item_id, s.labeler_id FROM studio_annotations s JOIN input i ON i.studio_id = s.studio_id
            WHERE s.dataset_id = $1 AND s.source = $2 ORDER BY s.studio_id FOR UPDATE OF s
        ), written AS (
            INSERT INTO studio_annotations AS s
                (dataset_id, source, studio_id, item_id, labeler_id, class_index, duration_ms, update_time, deleted)
            SELECT $1, $2, studio_id, item_id, labeler_id, class_index, duration_ms, update_time, false
            FROM input WHERE (SELECT count(*) FROM before) >= 0 ORDER BY studio_id
            ON CONFLICT (dataset_id, source, studio_id) DO UPDATE SET
                item_id = excluded.item_id, labeler_id = excluded.labeler_id, class_index = excluded.class_index,
                duration_ms = excluded.duration_ms, update_time = excluded.update_time, deleted = false
            WHERE (excluded.update_time > s.update_time OR (excluded.update_time = s.update_time AND NOT s.deleted))
                AND ($9::text IS NULL OR s.labeler_id IN ('', $9))
            RETURNING s.studio_id
        )
        SELECT item_id, labeler_id FROM before WHERE studio_id IN (SELECT studio_id FROM written)
        UNION SELECT item_id, labeler_id FROM input
        """;

    // One that was never told of leaves a mark, so that news of it that come late change nothing.
    private const string MarkDeleted =
        """
        WITH gone AS (
            INSERT INTO studio_annotations AS s (dataset_id, source, studio_id, item_id, labeler_id, update_time, deleted)
            SELECT $1, $2, studio_id, '', '', clock_timestamp(), true FROM unnest($3::bigint[]) AS t(studio_id) ORDER BY studio_id
            ON CONFLICT (dataset_id, source, studio_id) DO UPDATE SET
                deleted = true, update_time = CASE WHEN s.deleted THEN s.update_time ELSE greatest(s.update_time, excluded.update_time) END
            RETURNING s.item_id, s.labeler_id
        )
        SELECT DISTINCT item_id, labeler_id FROM gone WHERE item_id <> ''
        """;

    private readonly Db _db;

    internal StudioAnnotationStore(Db db) => _db = db;

    /// <summary>Takes up annotations that were created or changed.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="source">Name of the Label Studio.</param>
    /// <param name="annotations">The annotations.</param>
    /// <param name="own">The only labeler whose notes may change; null for any.</param>
    /// <param name="cancel">Cancels.</param>
    /// <returns>The pairs of item and labeler about which something may have changed.</returns>
    /// <exception cref="ServiceException">InvalidArgument naming <c>annotations[i]…</c>; NotFound: the dataset was deleted.</exception>
    public Task<IReadOnlyList<StudioPair>> TakeAsync(
        DatasetRecord dataset, string source, IReadOnlyList<StudioAnnotation> annotations, string? own, CancellationToken cancel)
    {
        // One statement changes a row once: of several that name one number the newest counts.
        var newest = annotations.GroupBy(annotation => annotation.StudioId)
            .Select(group => group.MaxBy(annotation => annotation.UpdateTime)!).ToArray();
        Check(annotations);
        return RunAsync(
            dataset, Upsert, cancel,
            dataset.Key, source, newest.Select(annotation => annotation.StudioId).ToArray(), newest.Select(annotation => annotation.ItemId).ToArray(),
            newest.Select(annotation => annotation.LabelerId).ToArray(),
            Sql.Typed(newest.Select(annotation => (short?)annotation.ClassIndex).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Smallint),
            Sql.Typed(newest.Select(annotation => annotation.DurationMs).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Integer),
            newest.Select(annotation => annotation.UpdateTime.UtcDateTime).ToArray(), Sql.Typed(own, NpgsqlDbType.Text));
    }

    /// <summary>Marks annotations as deleted.</summary>
    /// <returns>The pairs that were theirs; none for those that were never told of.</returns>
    /// <exception cref="ServiceException">NotFound: the dataset was deleted.</exception>
    public Task<IReadOnlyList<StudioPair>> DeleteAsync(DatasetRecord dataset, string source, IReadOnlyList<long> studioIds, CancellationToken cancel) =>
        RunAsync(dataset, MarkDeleted, cancel, dataset.Key, source, studioIds.Distinct().ToArray());

    /// <summary>Whose these annotations are, as far as they were told of.</summary>
    public async Task<IReadOnlyList<StudioPair>> FindAsync(
        DatasetRecord dataset, string source, IReadOnlyList<long> studioIds, CancellationToken cancel) =>
        await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                "SELECT DISTINCT item_id, labeler_id FROM studio_annotations WHERE dataset_id = $1 AND source = $2 AND studio_id = ANY($3) AND item_id <> ''",
                dataset.Key, source, studioIds.ToArray()).ListAsync(row => new StudioPair(row.GetString(0), row.GetString(1)), token),
            cancel);

    /// <summary>
    /// What stands of each pair: the newest annotation that is left and says something, whichever Label Studio it is from; a retraction where
    /// there is none. In the order of the pairs.
    /// </summary>
    public async Task<AnnotationWrite[]> StandingAsync(DatasetRecord dataset, IReadOnlyList<StudioPair> pairs, CancellationToken cancel)
    {
        var rows = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                """
                SELECT DISTINCT ON (s.item_id, s.labeler_id) s.item_id, s.labeler_id, s.class_index, s.duration_ms, s.update_time
                FROM studio_annotations s JOIN unnest($2::text[], $3::text[]) AS p(item_id, labeler_id)
                    ON p.item_id = s.item_id AND p.labeler_id = s.labeler_id
                WHERE s.dataset_id = $1 AND NOT s.deleted AND s.class_index IS NOT NULL
                ORDER BY s.item_id, s.labeler_id, s.update_time DESC, s.studio_id DESC
                """,
                dataset.Key, pairs.Select(pair => pair.ItemId).ToArray(), pairs.Select(pair => pair.LabelerId).ToArray())
                .ListAsync(
                    row => new AnnotationWrite(
                        row.GetString(0), row.GetString(1), row.GetInt16(2), DurationMs: row.Maybe<int>(3), AnnotatedAt: row.GetFieldValue<DateTimeOffset>(4)),
                    token),
            cancel);
        var standing = rows.ToDictionary(write => new StudioPair(write.ItemId, write.LabelerId));
        return [.. pairs.Select(pair => standing.TryGetValue(pair, out var write) ? write : AnnotationWrite.Retraction(pair.ItemId, pair.LabelerId))];
    }

    private async Task<IReadOnlyList<StudioPair>> RunAsync(
        DatasetRecord dataset, string statement, CancellationToken cancel, params object[] values) =>
        await _db.TransactAsync(
            async (connection, token) =>
            {
                await DatasetLock.ShareAsync(connection, dataset, token);
                return await Sql.Command(connection, statement, values).ListAsync(row => new StudioPair(row.GetString(0), row.GetString(1)), token);
            },
            cancel);

    private static void Check(IReadOnlyList<StudioAnnotation> annotations)
    {
        var problems = new Violations();
        for (var i = 0; i < annotations.Count && !problems.Full; i++)
        {
            if (TextRules.ExternalIdProblem(annotations[i].ItemId) is { } item)
            {
                problems.Add($"annotations[{i}].item_id", item);
            }

            if (TextRules.ExternalIdProblem(annotations[i].LabelerId) is { } labeler)
            {
                problems.Add($"annotations[{i}].labeler_id", labeler);
            }
        }

        problems.ThrowInvalid();
    }
}
