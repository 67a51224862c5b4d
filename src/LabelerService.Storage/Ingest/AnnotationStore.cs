using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Requests;
using Npgsql;
using NpgsqlTypes;

namespace LabelerService.Storage.Ingest;

/// <summary>Annotations of a dataset: who said what about which item, with every earlier opinion kept.</summary>
public sealed partial class AnnotationStore
{
    private readonly Db _db;

    internal AnnotationStore(Db db) => _db = db;

    /// <summary>
    /// Writes a batch of annotations, all or none; when it returns they are committed. One round trip, one statement, whatever the size.
    /// Repeating a batch changes nothing. Concurrent batches that overlap wait for each other in the order of (item, labeler), so that
    /// they cannot deadlock; the last to commit wins, the others are in the history.
    /// </summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="annotations">The batch; best 1,000 to 10,000 entries.</param>
    /// <param name="unknownLabelers">What to do with labelers that are not registered.</param>
    /// <param name="request">Makes the call idempotent against later revisions too; costs two round trips more.</param>
    /// <param name="cancel">Cancels before the commit.</param>
    /// <exception cref="ServiceException">
    /// InvalidArgument naming <c>annotations[i]…</c>: invalid id, class outside the schema, confidence outside [0, 1], or an (item,
    /// labeler) twice with different contents. NotFound naming <c>annotations[i].item_id</c> or <c>annotations[i].labeler_id</c>, at
    /// most 20 of them; or the dataset, if it was deleted.
    /// </exception>
    public Task<AnnotationWriteResult> WriteAsync(
        DatasetRecord dataset, IReadOnlyList<AnnotationWrite> annotations, UnknownLabelers unknownLabelers, RequestIdentity? request,
        CancellationToken cancel)
    {
        var batch = AnnotationBatch.Create(dataset.Schema, annotations);
        var repeated = annotations.Count - batch.Count;
        return request is null
            ? _db.RunAsync((connection, token) => WriteAsync(connection, dataset, batch, repeated, unknownLabelers, token), cancel)
            : _db.TransactOnceAsync(
                dataset.Key, request,
                (connection, token) => WriteAsync(connection, dataset, batch, repeated, unknownLabelers, token), cancel);
    }

    private static async Task<AnnotationWriteResult> WriteAsync(
        NpgsqlConnection connection, DatasetRecord dataset, AnnotationBatch batch, int repeated, UnknownLabelers unknownLabelers,
        CancellationToken cancel)
    {
        // Both statements travel together and form one transaction. The second takes its own snapshot after the lock is granted, so it
        // sees whatever the previous holder (the deletion of a labeler, say) has done.
        await using var command = new NpgsqlBatch(connection);
        command.BatchCommands.Add(Sql.BatchCommand(DatasetLock.Shared, dataset.Key));
        command.BatchCommands.Add(Sql.BatchCommand(
            unknownLabelers == UnknownLabelers.Register ? AnnotationSql.WriteRegistering : AnnotationSql.Write, dataset.Key, batch.ItemIds,
            batch.LabelerIds, batch.Classes, Sql.Typed(batch.Confidences, NpgsqlDbType.Array | NpgsqlDbType.Real),
            Sql.Typed(batch.Durations, NpgsqlDbType.Array | NpgsqlDbType.Integer),
            Sql.Typed(batch.Times, NpgsqlDbType.Array | NpgsqlDbType.TimestampTz)));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
        {
            throw DatasetLock.Gone(dataset);
        }

        await reader.NextResultAsync(cancel);
        await reader.ReadAsync(cancel);

        // Labelers are only left unregistered where an item is unknown: then they are not what is wrong.
        ThrowUnknown(
            dataset, batch, reader.GetFieldValue<long[]>(2),
            unknownLabelers == UnknownLabelers.Register ? [] : reader.GetFieldValue<long[]>(3));

        var (created, revised) = ((int)reader.GetInt64(0), (int)reader.GetInt64(1));
        return new AnnotationWriteResult(created, revised, batch.Count + repeated - created - revised);
    }

    private static void ThrowUnknown(DatasetRecord dataset, AnnotationBatch batch, long[] items, long[] labelers)
    {
        var unknown = new Violations();
        foreach (var entry in items)
        {
            unknown.Add($"annotations[{batch.Ordinal(entry)}].item_id", $"no such item in datasets/{dataset.Id}");
        }

        foreach (var entry in labelers)
        {
            unknown.Add($"annotations[{batch.Ordinal(entry)}].labeler_id", $"no such labeler in datasets/{dataset.Id}");
        }

        unknown.ThrowNotFound("Write the items and register the labelers first: nothing of this batch was stored.");
    }
}
