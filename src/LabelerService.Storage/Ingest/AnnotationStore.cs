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
    private readonly KeyResolver _keys = new();

    internal AnnotationStore(Db db) => _db = db;

    /// <summary>
    /// Writes a batch of annotations, all or none; when it returns they are committed. One round trip, one statement, whatever the size
    /// (one more for ids that this process has not seen). Repeating a batch changes nothing. Concurrent batches that overlap wait for
    /// each other in the order of (item, labeler), so that they cannot deadlock; the last to commit wins, the others are in the history.
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
        return request is null
            ? _db.RunAsync((connection, token) => WriteAsync(connection, dataset, batch, unknownLabelers, token), cancel)
            : _db.TransactOnceAsync(
                dataset.Key, request, (connection, token) => WriteAsync(connection, dataset, batch, unknownLabelers, token), cancel);
    }

    private async Task<AnnotationWriteResult> WriteAsync(
        NpgsqlConnection connection, DatasetRecord dataset, AnnotationBatch batch, UnknownLabelers unknownLabelers, CancellationToken cancel)
    {
        if (await _keys.ResolveAsync(connection, dataset, batch, cancel) is { } keys)
        {
            if (await WriteByKeyAsync(connection, dataset, batch, keys, cancel) is { } result)
            {
                return result;
            }

            // A labeler was deleted since its key was seen. Nothing was written.
            _keys.ForgetLabelers(dataset, batch);
        }

        // Something is unknown: this statement decides what, in one snapshot, and registers labelers if it may.
        return await WriteByIdAsync(connection, dataset, batch, unknownLabelers, cancel);
    }

    /// <summary>Null: a labeler does not exist any more, nothing was written.</summary>
    private static async Task<AnnotationWriteResult?> WriteByKeyAsync(
        NpgsqlConnection connection, DatasetRecord dataset, AnnotationBatch batch, ResolvedKeys keys, CancellationToken cancel)
    {
        await using var command = Command(
            connection, dataset, AnnotationSql.WriteByKey,
            [
                dataset.Key, keys.Items, keys.Labelers, .. AnnotationColumns.Create(batch, keys.Order),
                Sql.Typed(keys.Labelers.Distinct().ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Bigint),
            ]);
        await using var reader = await ResultAsync(command, dataset, cancel);
        return reader.GetBoolean(2) ? Result(batch, reader) : null;
    }

    private static async Task<AnnotationWriteResult> WriteByIdAsync(
        NpgsqlConnection connection, DatasetRecord dataset, AnnotationBatch batch, UnknownLabelers unknownLabelers, CancellationToken cancel)
    {
        var order = Enumerable.Range(0, batch.Count).ToArray();
        await using var command = Command(
            connection, dataset, unknownLabelers == UnknownLabelers.Register ? AnnotationSql.WriteByIdRegistering : AnnotationSql.WriteById,
            [
                dataset.Key, order.Select(entry => batch[entry].ItemId).ToArray(), order.Select(entry => batch[entry].LabelerId).ToArray(),
                .. AnnotationColumns.Create(batch, order),
            ]);
        await using var reader = await ResultAsync(command, dataset, cancel);

        // Labelers are only left unregistered where an item is unknown: then they are not what is wrong.
        ThrowUnknown(
            dataset, batch, reader.GetFieldValue<long[]>(2),
            unknownLabelers == UnknownLabelers.Register ? [] : reader.GetFieldValue<long[]>(3));
        return Result(batch, reader);
    }

    /// <summary>
    /// The lock and the statement travel together and form one transaction. The second takes its snapshot after the lock is granted, so
    /// it sees whatever the previous holder (the deletion of a labeler, say) has done.
    /// </summary>
    private static NpgsqlBatch Command(NpgsqlConnection connection, DatasetRecord dataset, string statement, object[] parameters)
    {
        var command = new NpgsqlBatch(connection);
        command.BatchCommands.Add(Sql.BatchCommand(DatasetLock.Shared, dataset.Key));
        command.BatchCommands.Add(Sql.BatchCommand(statement, parameters));
        return command;
    }

    private static async Task<NpgsqlDataReader> ResultAsync(NpgsqlBatch command, DatasetRecord dataset, CancellationToken cancel)
    {
        var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
        {
            await reader.DisposeAsync();
            throw DatasetLock.Gone(dataset);
        }

        await reader.NextResultAsync(cancel);
        await reader.ReadAsync(cancel);
        return reader;
    }

    private static AnnotationWriteResult Result(AnnotationBatch batch, NpgsqlDataReader reader)
    {
        var (created, revised) = ((int)reader.GetInt64(0), (int)reader.GetInt64(1));
        return new AnnotationWriteResult(created, revised, batch.Count + batch.Repeated - created - revised);
    }

    private static void ThrowUnknown(DatasetRecord dataset, AnnotationBatch batch, long[] items, long[] labelers)
    {
        var unknown = new Violations();
        foreach (var ordinal in items)
        {
            unknown.Add($"annotations[{batch.IndexOf(ordinal)}].item_id", $"no such item in datasets/{dataset.Id}");
        }

        foreach (var ordinal in labelers)
        {
            unknown.Add($"annotations[{batch.IndexOf(ordinal)}].labeler_id", $"no such labeler in datasets/{dataset.Id}");
        }

        unknown.ThrowNotFound("Write the items and register the labelers first: nothing of this batch was stored.");
    }
}
