using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Requests;
using Npgsql;
using NpgsqlTypes;

namespace LabelerService.Storage.Labelers;

/// <summary>The registry of labelers of a dataset.</summary>
public sealed class LabelerStore
{
    private const string Register =
        """
        INSERT INTO labelers (dataset_id, labeler_key, external_id, display_name, tags)
        SELECT $1, t.labeler_key, t.external_id, t.display_name, t.tags
        FROM (SELECT nextval('labeler_keys') AS labeler_key, o.*
              FROM (SELECT n.* FROM unnest($2::text[], $3::text[], $4::jsonb[]) WITH ORDINALITY AS n(external_id, display_name, tags, ord)
                    WHERE NOT EXISTS (SELECT 1 FROM labelers l WHERE l.dataset_id = $1 AND l.external_id = n.external_id)
                    ORDER BY n.ord) o) t
        ORDER BY t.external_id COLLATE "C" ON CONFLICT (dataset_id, external_id) DO NOTHING
        """;

    private const string Columns =
        """
        l.labeler_key, l.external_id, l.display_name, l.tags, l.create_time, l.version,
        (SELECT count(*) FROM annotations a WHERE a.dataset_id = l.dataset_id AND a.labeler_key = l.labeler_key AND a.class_index IS NOT NULL)
        """;

    private readonly Db _db;

    internal LabelerStore(Db db) => _db = db;

    /// <summary>Registers a batch of labelers, all or none. Those that exist stay as they are.</summary>
    /// <exception cref="ServiceException">
    /// InvalidArgument naming <c>labelers[i]…</c>: an invalid id, name or tag, or an id twice in the batch; NotFound: the dataset was deleted.
    /// </exception>
    public Task<LabelerRegisterResult> RegisterAsync(
        DatasetRecord dataset, IReadOnlyList<LabelerWrite> labelers, RequestIdentity? request, CancellationToken cancel)
    {
        Check(labelers);
        var ids = labelers.Select(labeler => labeler.LabelerId).ToArray();
        var names = labelers.Select(labeler => labeler.DisplayName).ToArray();
        var tags = labelers.Select(labeler => Json.WriteMap(labeler.Tags)).ToArray();
        return _db.TransactOnceAsync(
            dataset.Key, request,
            async (connection, token) =>
            {
                await DatasetLock.ShareAsync(connection, dataset, token);
                var created = await Sql.Command(
                    connection, Register, dataset.Key, ids, names, Sql.Typed(tags, NpgsqlDbType.Array | NpgsqlDbType.Jsonb)).ExecuteAsync(token);
                await DatasetUsage.AddAsync(connection, dataset, new UsageChange(Labelers: created), token);
                return new LabelerRegisterResult(created, labelers.Count - created);
            },
            cancel);
    }

    /// <summary>Finds a labeler by external id, with the number of current annotations.</summary>
    /// <exception cref="ServiceException">NotFound.</exception>
    public async Task<LabelerRecord> GetAsync(DatasetRecord dataset, string labelerId, CancellationToken cancel)
    {
        TextRules.CheckExternalId("labeler_id", labelerId);
        var rows = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection, $"SELECT {Columns} FROM labelers l WHERE l.dataset_id = $1 AND l.external_id = $2", dataset.Key, labelerId)
                .ListAsync(Read, token),
            cancel);
        return rows.Count == 1 ? rows[0] : throw Missing(dataset, labelerId);
    }

    /// <summary>Those of the given external ids that are labelers of the dataset.</summary>
    public async Task<IReadOnlySet<string>> ExistingAsync(DatasetRecord dataset, IReadOnlyCollection<string> labelerIds, CancellationToken cancel) =>
        (await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection, "SELECT external_id FROM labelers WHERE dataset_id = $1 AND external_id = ANY($2)", dataset.Key, labelerIds.ToArray())
                .ListAsync(row => row.GetString(0), token),
            cancel)).ToHashSet(StringComparer.Ordinal);

    /// <summary>Finds a labeler by key; null if there is none.</summary>
    public async Task<LabelerRecord?> FindAsync(DatasetRecord dataset, long key, CancellationToken cancel)
    {
        var rows = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection, $"SELECT {Columns} FROM labelers l WHERE l.dataset_id = $1 AND l.labeler_key = $2", dataset.Key, key)
                .ListAsync(Read, token),
            cancel);
        return rows.Count == 1 ? rows[0] : null;
    }

    /// <summary>Lists labelers by ascending key, with their numbers of current annotations.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="afterKey">Key of the last labeler already seen; 0 starts at the beginning.</param>
    /// <param name="limit">Rows at most.</param>
    /// <param name="cancel">Cancels.</param>
    public async Task<IReadOnlyList<LabelerRecord>> ListAsync(
        DatasetRecord dataset, long afterKey, int limit, CancellationToken cancel) =>
        await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                $"SELECT {Columns} FROM labelers l WHERE l.dataset_id = $1 AND l.labeler_key > $2 ORDER BY l.labeler_key LIMIT $3",
                dataset.Key, afterKey, limit).ListAsync(Read, token),
            cancel);

    /// <summary>Changes a labeler's name or tags.</summary>
    /// <exception cref="ServiceException">NotFound; Aborted (ETAG_MISMATCH); InvalidArgument.</exception>
    public async Task<LabelerRecord> UpdateAsync(
        DatasetRecord dataset, string labelerId, LabelerChange change, long? expectedVersion, CancellationToken cancel)
    {
        TextRules.CheckText("labeler.display_name", change.DisplayName ?? "", TextRules.MaxDisplayNameBytes);
        TextRules.CheckTags("labeler.tags", change.Tags);
        var current = await GetAsync(dataset, labelerId, cancel);
        var rows = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                $"""
                UPDATE labelers l SET display_name = coalesce($4, display_name), tags = coalesce($5, tags), version = version + 1
                WHERE l.dataset_id = $1 AND l.labeler_key = $2 AND ($3::bigint IS NULL OR version = $3) RETURNING {Columns}
                """,
                dataset.Key, current.Key, Sql.Typed(expectedVersion, NpgsqlDbType.Bigint), Sql.Typed(change.DisplayName, NpgsqlDbType.Text),
                Sql.Typed(change.Tags is null ? null : Json.WriteMap(change.Tags), NpgsqlDbType.Jsonb)).ListAsync(Read, token),
            cancel);
        return rows.Count == 1 ? rows[0] : throw DatasetStore.EtagMismatch($"Labeler '{labelerId}'");
    }

    /// <summary>Deletes a labeler who has no annotations; with <paramref name="withAnnotations"/> also one who has, and them.</summary>
    /// <exception cref="ServiceException">NotFound; FailedPrecondition (LABELER_HAS_ANNOTATIONS); Aborted (ETAG_MISMATCH).</exception>
    public Task DeleteAsync(
        DatasetRecord dataset, string labelerId, bool withAnnotations, long? expectedVersion, CancellationToken cancel)
    {
        TextRules.CheckExternalId("labeler_id", labelerId);
        return _db.TransactAsync(
            async (connection, token) =>
            {
                // Waits for writers in flight: afterwards none can refer to the labeler any more.
                await DatasetLock.ExcludeAsync(connection, dataset, token);
                var rows = await Sql.Command(
                    connection, $"SELECT {Columns} FROM labelers l WHERE l.dataset_id = $1 AND l.external_id = $2", dataset.Key, labelerId)
                    .ListAsync(Read, token);
                var labeler = rows.Count == 1 ? rows[0] : throw Missing(dataset, labelerId);
                if (expectedVersion is { } expected && expected != labeler.Version)
                {
                    throw DatasetStore.EtagMismatch($"Labeler '{labelerId}'");
                }

                if (labeler.AnnotationCount > 0 && !withAnnotations)
                {
                    throw new ServiceException(
                        ErrorKind.FailedPrecondition, "LABELER_HAS_ANNOTATIONS",
                        $"Labeler '{labelerId}' has {labeler.AnnotationCount} annotations. Retract them first, or delete with them (force).");
                }

                await using var batch = new NpgsqlBatch(connection);
                foreach (var table in (ReadOnlySpan<string>)["annotation_history", "annotations", "labelers"])
                {
                    batch.BatchCommands.Add(
                        Sql.BatchCommand($"DELETE FROM {table} WHERE dataset_id = $1 AND labeler_key = $2", dataset.Key, labeler.Key));
                }

                batch.BatchCommands.Add(
                    Sql.BatchCommand("DELETE FROM studio_annotations WHERE dataset_id = $1 AND labeler_id = $2", dataset.Key, labelerId));
                await batch.ExecuteNonQueryAsync(token);
                await DatasetLock.RetireKeysAsync(connection, dataset, token);
                await DatasetUsage.AddAsync(connection, dataset, new UsageChange(Annotations: -labeler.AnnotationCount, Labelers: -1), token);
                return true;
            },
            cancel);
    }

    private static ServiceException Missing(DatasetRecord dataset, string labelerId) =>
        ServiceException.NotFound("labeler_id", $"Labeler '{labelerId}' of datasets/{dataset.Id}", "Register the labeler first.");

    private static void Check(IReadOnlyList<LabelerWrite> labelers)
    {
        var problems = new Violations();
        var seen = new HashSet<string>(labelers.Count);
        for (var i = 0; i < labelers.Count && !problems.Full; i++)
        {
            if (TextRules.ExternalIdProblem(labelers[i].LabelerId) is { } problem)
            {
                problems.Add($"labelers[{i}].labeler_id", problem);
            }
            else if (!seen.Add(labelers[i].LabelerId))
            {
                problems.Add($"labelers[{i}].labeler_id", "appears twice in this batch");
            }

            TextRules.CheckText($"labelers[{i}].display_name", labelers[i].DisplayName, TextRules.MaxDisplayNameBytes);
            TextRules.CheckTags($"labelers[{i}].tags", labelers[i].Tags);
        }

        problems.ThrowInvalid();
    }

    private static LabelerRecord Read(NpgsqlDataReader row) => new()
    {
        Key = row.GetInt64(0),
        LabelerId = row.GetString(1),
        DisplayName = row.GetString(2),
        Tags = Json.ReadMap(row.GetString(3)),
        CreateTime = row.GetFieldValue<DateTimeOffset>(4),
        Version = row.GetInt64(5),
        AnnotationCount = row.GetInt64(6),
    };
}
