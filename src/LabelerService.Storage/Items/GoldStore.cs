using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Requests;
using LabelerService.Storage.Security;
using NpgsqlTypes;

namespace LabelerService.Storage.Items;

/// <summary>Gold classes: the truth about some items, as far as it is known.</summary>
public sealed class GoldStore
{
    private const string Unknown =
        """
        SELECT g.ord FROM unnest($2::text[]) WITH ORDINALITY AS g(external_id, ord)
        WHERE NOT EXISTS (SELECT 1 FROM items i WHERE i.dataset_id = $1 AND i.external_id = g.external_id) ORDER BY g.ord LIMIT 20
        """;

    // The rows are locked in the order of the ids first: an update by itself would lock them in any order. One look for each: a join could
    // be planned as the whole dataset, or as all ids for each of them.
    private const string Set =
        """
        WITH locked AS (
            SELECT i.item_key, g.gold_class
            FROM (SELECT * FROM unnest($2::text[], $3::smallint[]) AS t(external_id, gold_class) ORDER BY external_id COLLATE "C") g
            CROSS JOIN LATERAL (
                SELECT item_key FROM items
                WHERE dataset_id = $1 AND external_id = g.external_id AND gold_class IS DISTINCT FROM g.gold_class FOR NO KEY UPDATE) i
        )
        UPDATE items SET gold_class = locked.gold_class, update_time = now()
        FROM locked WHERE items.dataset_id = $1 AND items.item_key = locked.item_key
        """;

    private readonly Db _db;

    internal GoldStore(Db db) => _db = db;

    /// <summary>Sets or clears the gold class of a batch of items, all or none.</summary>
    /// <exception cref="ServiceException">
    /// NotFound naming <c>gold_classes[i].item_id</c>; InvalidArgument naming <c>gold_classes[i]…</c>: a class outside the schema, an
    /// invalid id, or one item with two classes. ResourceExhausted: a quota of the key.
    /// </exception>
    public Task<GoldWriteResult> SetAsync(
        DatasetRecord dataset, IReadOnlyList<GoldWrite> gold, RequestIdentity? request, CancellationToken cancel, KeyAllowance? key = null)
    {
        var problems = new Violations();
        var classOf = new Dictionary<string, int?>(gold.Count);
        for (var i = 0; i < gold.Count && !problems.Full; i++)
        {
            var (itemId, goldClass) = gold[i];
            if (TextRules.ExternalIdProblem(itemId) is { } problem)
            {
                problems.Add($"gold_classes[{i}].item_id", problem);
            }
            else if (!classOf.TryAdd(itemId, goldClass) && classOf[itemId] != goldClass)
            {
                problems.Add($"gold_classes[{i}].item_id", "appears twice in this batch with different classes");
            }

            if (goldClass is { } index && (index < 0 || index >= dataset.Schema.Classes.Count))
            {
                problems.Add($"gold_classes[{i}].class_index", $"must be a class index from 0 to {dataset.Schema.Classes.Count - 1}");
            }
        }

        problems.ThrowInvalid();
        var allIds = gold.Select(entry => entry.ItemId).ToArray();
        var ids = classOf.Keys.ToArray();
        var classes = classOf.Values.Select(value => (short?)value).ToArray();
        return _db.TransactOnceAsync(
            dataset.Key, request,
            async (connection, token) =>
            {
                await DatasetLock.ShareAsync(connection, dataset, token);
                var unknown = new Violations();
                foreach (var ordinal in await Sql.Command(connection, Unknown, dataset.Key, allIds).ListAsync(row => row.GetInt64(0), token))
                {
                    unknown.Add($"gold_classes[{ordinal - 1}].item_id", $"no such item in datasets/{dataset.Id}");
                }

                unknown.ThrowNotFound("Write the items first: nothing of this batch was stored.");
                var changed = await Sql.Command(
                    connection, Set, dataset.Key, ids, Sql.Typed(classes, NpgsqlDbType.Array | NpgsqlDbType.Smallint)).ExecuteAsync(token);
                await KeyUsage.AddAsync(connection, key, annotations: 0, items: changed, token);
                await DatasetUsage.AddAsync(connection, dataset, new UsageChange(ItemChanges: changed), token);
                return new GoldWriteResult(changed, gold.Count - changed);
            },
            cancel);
    }
}
