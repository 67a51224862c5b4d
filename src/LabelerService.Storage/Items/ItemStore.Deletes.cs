using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Requests;
using Npgsql;

namespace LabelerService.Storage.Items;

public sealed partial class ItemStore
{
    /// <summary>Deletes an item with its annotations and their history; false if there is none.</summary>
    public async Task<bool> DeleteAsync(DatasetRecord dataset, long key, CancellationToken cancel)
    {
        var result = await _db.TransactAsync(
            async (connection, token) =>
            {
                await DatasetLock.ExcludeAsync(connection, dataset, token);
                return await DeleteAsync(connection, dataset, [key], token);
            },
            cancel);
        return result.Items > 0;
    }

    /// <summary>Deletes items with their annotations and their history, all or none. Models that were trained with them stay.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="itemIds">External ids; repetitions count once.</param>
    /// <param name="allowMissing">Whether ids without an item are passed over.</param>
    /// <param name="request">Makes the call repeatable.</param>
    /// <param name="cancel">Cancels before the commit.</param>
    /// <exception cref="ServiceException">NotFound or InvalidArgument naming <c>item_ids[i]</c>.</exception>
    public Task<ItemDeleteResult> DeleteAsync(
        DatasetRecord dataset, IReadOnlyList<string> itemIds, bool allowMissing, RequestIdentity? request, CancellationToken cancel)
    {
        CheckIds(itemIds);
        return _db.TransactOnceAsync(
            dataset.Key, request,
            async (connection, token) =>
            {
                // Waits for writers in flight: afterwards none can refer to the items any more.
                await DatasetLock.ExcludeAsync(connection, dataset, token);
                var found = await Sql.Command(
                    connection, "SELECT external_id, item_key FROM items WHERE dataset_id = $1 AND external_id = ANY($2)",
                    dataset.Key, itemIds.Distinct().ToArray()).ListAsync(row => (Id: row.GetString(0), Key: row.GetInt64(1)), token);
                if (!allowMissing)
                {
                    ThrowMissing(dataset, itemIds, [.. found.Select(item => item.Id)]);
                }

                return await DeleteAsync(connection, dataset, [.. found.Select(item => item.Key)], token);
            },
            cancel);
    }

    /// <summary>Needs the exclusive lock: it is what keeps a writer from adding an annotation to an item that is going.</summary>
    private static async Task<ItemDeleteResult> DeleteAsync(
        NpgsqlConnection connection, DatasetRecord dataset, long[] keys, CancellationToken cancel)
    {
        var (items, annotations, bytes) = await DeleteRowsAsync(connection, dataset, keys, cancel);
        if (items > 0)
        {
            await DatasetLock.RetireKeysAsync(connection, dataset, cancel);
            await DatasetUsage.AddAsync(
                connection, dataset, new UsageChange(Items: -items, Annotations: -annotations, Bytes: -bytes), cancel);
        }

        return new ItemDeleteResult(items, annotations);
    }

    private static async Task<(int Items, long Annotations, long Bytes)> DeleteRowsAsync(
        NpgsqlConnection connection, DatasetRecord dataset, long[] keys, CancellationToken cancel)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(Sql.BatchCommand(
            """
            WITH gone AS (DELETE FROM annotations WHERE dataset_id = $1 AND item_key = ANY($2) RETURNING class_index)
            SELECT count(class_index) FROM gone
            """,
            dataset.Key, keys));
        batch.BatchCommands.Add(Sql.BatchCommand(
            """
            WITH gone AS (DELETE FROM items WHERE dataset_id = $1 AND item_key = ANY($2) RETURNING bytes)
            SELECT count(*), coalesce(sum(bytes), 0)::bigint FROM gone
            """,
            dataset.Key, keys));
        batch.BatchCommands.Add(Sql.BatchCommand("DELETE FROM annotation_history WHERE dataset_id = $1 AND item_key = ANY($2)", dataset.Key, keys));

        // The dataset's jobs, which are few, times the items: each pair is one look into the index.
        batch.BatchCommands.Add(Sql.BatchCommand(
            """
            DELETE FROM predictions WHERE dataset_id = $1 AND item_key = ANY($2)
            AND job_key = ANY(ARRAY(SELECT job_key FROM prediction_jobs WHERE dataset_id = $1))
            """,
            dataset.Key, keys));
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        var annotations = reader.GetInt64(0);
        await reader.NextResultAsync(cancel);
        await reader.ReadAsync(cancel);
        return ((int)reader.GetInt64(0), annotations, reader.GetInt64(1));
    }

    private static void CheckIds(IReadOnlyList<string> itemIds)
    {
        var problems = new Violations();
        for (var i = 0; i < itemIds.Count && !problems.Full; i++)
        {
            if (TextRules.ExternalIdProblem(itemIds[i]) is { } problem)
            {
                problems.Add($"item_ids[{i}]", problem);
            }
        }

        problems.ThrowInvalid();
    }

    private static void ThrowMissing(DatasetRecord dataset, IReadOnlyList<string> itemIds, HashSet<string> found)
    {
        var missing = new Violations();
        for (var i = 0; i < itemIds.Count && !missing.Full; i++)
        {
            if (!found.Contains(itemIds[i]))
            {
                missing.Add($"item_ids[{i}]", $"no such item in datasets/{dataset.Id}");
            }
        }

        missing.ThrowNotFound("Leave them out, or set allow_missing: nothing was deleted.");
    }
}
