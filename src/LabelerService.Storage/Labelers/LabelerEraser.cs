using System.Security.Cryptography;
using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Notifications;
using Npgsql;

namespace LabelerService.Storage.Labelers;

/// <summary>
/// Takes a labeler out of all tables: id, name and tags by a pseudonym that leads back to nobody, or all they ever said. One transaction, with
/// all writers of the dataset kept out.
/// </summary>
public sealed class LabelerEraser
{
    private const int PseudonymBytes = 8;

    private readonly Db _db;

    internal LabelerEraser(Db db) => _db = db;

    /// <summary>Erases a labeler. Repeated, it gives the first answer; one who was pseudonymised can still be deleted.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="labelerKey">Key of the labeler.</param>
    /// <param name="mode">How.</param>
    /// <param name="validateOnly">Whether to say only what would be done.</param>
    /// <param name="cancel">Cancels before the commit.</param>
    /// <exception cref="ServiceException">NotFound.</exception>
    public Task<LabelerErasure> EraseAsync(
        DatasetRecord dataset, long labelerKey, ErasureMode mode, bool validateOnly, CancellationToken cancel) =>
        _db.TransactAsync(
            async (connection, token) =>
            {
                await DatasetLock.ExcludeAsync(connection, dataset, token);
                if (await FindAsync(connection, dataset, labelerKey, token) is { } earlier && earlier.Mode >= mode)
                {
                    return earlier;
                }

                var erased = await LabelerAsync(connection, dataset, labelerKey, token);
                var erasure = await WeighAsync(connection, erased, mode, token);
                return validateOnly ? erasure : await EraseAsync(connection, erased, erasure, token);
            },
            cancel);

    private static async Task<LabelerErasure?> FindAsync(
        NpgsqlConnection connection, DatasetRecord dataset, long labelerKey, CancellationToken cancel)
    {
        var rows = await Sql.Command(
            connection, "SELECT effect, erase_time FROM labeler_erasures WHERE dataset_id = $1 AND labeler_key = $2", dataset.Key, labelerKey)
            .ListAsync(row => Json.Read<LabelerErasure>(row.GetString(0)) with { EraseTime = row.GetFieldValue<DateTimeOffset>(1) }, cancel);
        return rows.SingleOrDefault();
    }

    private static async Task<ErasedLabeler> LabelerAsync(
        NpgsqlConnection connection, DatasetRecord dataset, long labelerKey, CancellationToken cancel)
    {
        var ids = await Sql.Command(
            connection, "SELECT external_id FROM labelers WHERE dataset_id = $1 AND labeler_key = $2", dataset.Key, labelerKey)
            .ListAsync(row => row.GetString(0), cancel);
        return ids.Count == 1
            ? new ErasedLabeler(dataset, labelerKey, ids[0])
            : throw ServiceException.NotFound("name", $"datasets/{dataset.Id}/labelers/{labelerKey}", "List the dataset's labelers.");
    }

    private static async Task<LabelerErasure> WeighAsync(
        NpgsqlConnection connection, ErasedLabeler labeler, ErasureMode mode, CancellationToken cancel)
    {
        var counts = (await Sql.Command(connection, ErasureSql.Counts, labeler.Dataset.Key, labeler.Key, labeler.Id)
            .ListAsync(row => (Annotations: row.GetInt64(0), Revisions: row.GetInt64(1), Studio: row.GetInt64(2), Runs: row.GetInt64(3)), cancel))[0];
        var versions = await Sql.Command(
            connection, mode == ErasureMode.Delete ? ErasureSql.VersionsSince : ErasureSql.VersionsNaming, labeler.Dataset.Key, labeler.Key, labeler.Id)
            .ListAsync(row => new ErasedVersion(row.GetString(0), row.GetInt32(1)), cancel);
        var keys = await Sql.Command(connection, $"SELECT id {ErasureSql.Keys} ORDER BY key_number", labeler.Id, labeler.Dataset.Id)
            .ListAsync(row => row.GetString(0), cancel);
        return new LabelerErasure
        {
            Mode = mode,
            Pseudonym = "",
            Annotations = counts.Annotations,
            Revisions = counts.Revisions,
            StudioAnnotations = counts.Studio,
            RevokedKeys = keys,
            RestartedRuns = counts.Runs,
            Versions = versions,
            EraseTime = null,
        };
    }

    private static async Task<LabelerErasure> EraseAsync(
        NpgsqlConnection connection, ErasedLabeler labeler, LabelerErasure erasure, CancellationToken cancel)
    {
        var pseudonym = $"erased-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(PseudonymBytes))}";
        await using (var batch = new NpgsqlBatch(connection))
        {
            Statements(batch, labeler, erasure, pseudonym);
            await batch.ExecuteNonQueryAsync(cancel);
        }

        if (erasure.Mode == ErasureMode.Delete)
        {
            await DeleteAsync(connection, labeler, cancel);
        }
        else
        {
            await Sql.Command(
                connection,
                "UPDATE labelers SET external_id = $3, display_name = '', tags = '{}', version = version + 1 WHERE dataset_id = $1 AND labeler_key = $2",
                labeler.Dataset.Key, labeler.Key, pseudonym).ExecuteAsync(cancel);
            await Sql.Command(
                connection, "UPDATE studio_annotations SET labeler_id = $3 WHERE dataset_id = $1 AND labeler_id = $2",
                labeler.Dataset.Key, labeler.Id, pseudonym).ExecuteAsync(cancel);
        }

        // Whoever remembers the id in memory, as a key or in what was worked out, reads anew.
        await DatasetLock.RetireKeysAsync(connection, labeler.Dataset, cancel);
        erasure = erasure with { Pseudonym = pseudonym };
        var time = await Sql.Command(
            connection, ErasureSql.Record, labeler.Dataset.Key, labeler.Key, Sql.Typed((short)erasure.Mode, NpgsqlTypes.NpgsqlDbType.Smallint), pseudonym,
            Sql.Json(Json.Write(erasure))).ListAsync(row => row.GetFieldValue<DateTimeOffset>(0), cancel);
        return erasure with { EraseTime = time[0] };
    }

    private static void Statements(NpgsqlBatch batch, ErasedLabeler labeler, LabelerErasure erasure, string pseudonym)
    {
        var dataset = labeler.Dataset.Key;
        batch.BatchCommands.Add(Sql.BatchCommand(
            ErasureSql.Flag, dataset, Sql.Typed((short)erasure.Mode, NpgsqlTypes.NpgsqlDbType.Smallint),
            erasure.Versions.Select(version => version.ModelId).ToArray(), erasure.Versions.Select(version => version.Version).ToArray()));
        batch.BatchCommands.Add(Sql.BatchCommand(ErasureSql.RenameHeads, dataset, labeler.Id, pseudonym));
        foreach (var statement in ErasureSql.RenameInTexts)
        {
            batch.BatchCommands.Add(Sql.BatchCommand(statement, dataset, labeler.Id, pseudonym));
        }

        batch.BatchCommands.Add(Sql.BatchCommand("DELETE FROM run_checkpoints WHERE dataset_id = $1", dataset));
        batch.BatchCommands.Add(Sql.BatchCommand(ErasureSql.RestartRuns, dataset));
        batch.BatchCommands.Add(Sql.BatchCommand("LOCK TABLE api_keys IN SHARE ROW EXCLUSIVE MODE"));
        batch.BatchCommands.Add(Sql.BatchCommand($"DELETE {ErasureSql.Keys}", labeler.Id, labeler.Dataset.Id));
        batch.BatchCommands.Add(Sql.BatchCommand(
            "SELECT pg_notify($1, ''), pg_notify($2, ''), pg_notify($3, $4)", Channels.ApiKeys, Channels.RunQueue, Channels.Models, labeler.Dataset.Id));
    }

    private static async Task DeleteAsync(NpgsqlConnection connection, ErasedLabeler labeler, CancellationToken cancel)
    {
        var standing = await Sql.Command(
            connection, "SELECT count(*) FROM annotations WHERE dataset_id = $1 AND labeler_key = $2 AND class_index IS NOT NULL",
            labeler.Dataset.Key, labeler.Key).ScalarAsync<long>(cancel);
        foreach (var table in (string[])["annotation_history", "annotations", "labelers"])
        {
            await Sql.Command(connection, $"DELETE FROM {table} WHERE dataset_id = $1 AND labeler_key = $2", labeler.Dataset.Key, labeler.Key)
                .ExecuteAsync(cancel);
        }

        await Sql.Command(connection, "DELETE FROM studio_annotations WHERE dataset_id = $1 AND labeler_id = $2", labeler.Dataset.Key, labeler.Id)
            .ExecuteAsync(cancel);

        // The data of a curve is a list with all annotations in it; whoever takes the curve up again settles it anew.
        await Sql.Command(connection, "UPDATE curves SET snapshot_id = NULL, snapshot = NULL WHERE dataset_id = $1", labeler.Dataset.Key)
            .ExecuteAsync(cancel);
        await DatasetUsage.AddAsync(connection, labeler.Dataset, new UsageChange(Annotations: -standing, Labelers: -1), cancel);
    }

    /// <summary>Who is erased.</summary>
    private sealed record ErasedLabeler(DatasetRecord Dataset, long Key, string Id);
}
