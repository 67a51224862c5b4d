using System.Data;
using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using Npgsql;
using NpgsqlTypes;

namespace LabelerService.Storage.Ingest;

public sealed partial class AnnotationStore
{
    /// <summary>
    /// Reads all current annotations by ascending (item key, labeler key) as of one moment. Memory holds the labelers' ids and one
    /// annotation; writers are not held up.
    /// </summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="showRetracted">Whether retracted ones are among them.</param>
    /// <param name="take">Takes the next annotation; the reading waits for it.</param>
    /// <param name="cancel">Cancels.</param>
    /// <returns>How many there were.</returns>
    /// <exception cref="ServiceException">Unavailable: the database went away; what was taken is not all.</exception>
    public Task<long> ExportAsync(
        DatasetRecord dataset, bool showRetracted, Func<AnnotationRecord, CancellationToken, ValueTask> take, CancellationToken cancel) =>
        _db.TransactUnrepeatedAsync(
            async (connection, token) =>
            {
                await Sql.Command(connection, "SET TRANSACTION READ ONLY").ExecuteAsync(token);
                var labelers = new Dictionary<long, string>();
                foreach (var (key, id) in await Sql.Command(
                    connection, "SELECT labeler_key, external_id FROM labelers WHERE dataset_id = $1", dataset.Key)
                    .ListAsync(row => (row.GetInt64(0), row.GetString(1)), token))
                {
                    labelers.Add(key, id);
                }

                await using var export = await connection.BeginBinaryExportAsync(
                    $"""
                    COPY (SELECT a.item_key, a.labeler_key, i.external_id, a.class_index, a.revision, a.confidence, a.duration_ms, a.annotated_at,
                              a.received_at
                          FROM annotations a JOIN items i ON i.dataset_id = a.dataset_id AND i.item_key = a.item_key
                          WHERE a.dataset_id = {dataset.Key}{(showRetracted ? "" : " AND a.class_index IS NOT NULL")}
                          ORDER BY a.item_key, a.labeler_key) TO STDOUT (FORMAT BINARY)
                    """,
                    token);
                var count = 0L;
                while (await export.StartRowAsync(token) >= 0)
                {
                    await take(await ReadAsync(export, labelers, token), token);
                    count++;
                }

                return count;
            },
            cancel, IsolationLevel.RepeatableRead);

    private static async Task<AnnotationRecord> ReadAsync(NpgsqlBinaryExporter export, Dictionary<long, string> labelers, CancellationToken cancel)
    {
        var item = await export.ReadAsync<long>(NpgsqlDbType.Bigint, cancel);
        var labeler = await export.ReadAsync<long>(NpgsqlDbType.Bigint, cancel);
        return new AnnotationRecord
        {
            ItemKey = item,
            LabelerKey = labeler,
            ItemId = await export.ReadAsync<string>(NpgsqlDbType.Text, cancel),
            LabelerId = labelers[labeler],
            ClassIndex = await MaybeAsync<short>(export, NpgsqlDbType.Smallint, cancel),
            Revision = await export.ReadAsync<int>(NpgsqlDbType.Integer, cancel),
            Confidence = await MaybeAsync<float>(export, NpgsqlDbType.Real, cancel),
            DurationMs = await MaybeAsync<int>(export, NpgsqlDbType.Integer, cancel),
            AnnotatedAt = await MaybeAsync<DateTimeOffset>(export, NpgsqlDbType.TimestampTz, cancel),
            ReceivedAt = await export.ReadAsync<DateTimeOffset>(NpgsqlDbType.TimestampTz, cancel),
        };
    }

    private static async Task<T?> MaybeAsync<T>(NpgsqlBinaryExporter export, NpgsqlDbType type, CancellationToken cancel)
        where T : struct
    {
        if (!export.IsNull)
        {
            return await export.ReadAsync<T>(type, cancel);
        }

        await export.SkipAsync(cancel);
        return null;
    }
}
