using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using Npgsql;

namespace LabelerService.Storage.Ingest;

/// <summary>The keys of a batch, sorted by (item, labeler): the order in which every writer takes its locks.</summary>
/// <param name="Items">Item keys.</param>
/// <param name="Labelers">Labeler keys.</param>
/// <param name="Order">Entry of the batch at each place.</param>
internal sealed record ResolvedKeys(long[] Items, long[] Labelers, int[] Order);

/// <summary>Turns external ids into keys, from memory where it can.</summary>
internal sealed class KeyResolver
{
    private const int ItemCapacity = 1 << 18;
    private const int LabelerCapacity = 1 << 16;

    private const string FindItems = "SELECT external_id, item_key FROM items WHERE dataset_id = $1 AND external_id = ANY($2)";
    private const string FindLabelers = "SELECT external_id, labeler_key FROM labelers WHERE dataset_id = $1 AND external_id = ANY($2)";

    private readonly KeyCache _items = new(ItemCapacity);
    private readonly KeyCache _labelers = new(LabelerCapacity);

    /// <summary>The keys of a batch; null if an id is unknown. Asks the database once for what it has not seen.</summary>
    public async Task<ResolvedKeys?> ResolveAsync(
        NpgsqlConnection connection, DatasetRecord dataset, AnnotationBatch batch, CancellationToken cancel)
    {
        var items = new long[batch.Count];
        var labelers = new long[batch.Count];
        var newItems = Recall(_items, dataset, batch, static annotation => annotation.ItemId, items);
        var newLabelers = Recall(_labelers, dataset, batch, static annotation => annotation.LabelerId, labelers);
        if (newItems.Count + newLabelers.Count > 0)
        {
            await using var lookUp = new NpgsqlBatch(connection);
            lookUp.BatchCommands.Add(Sql.BatchCommand(FindItems, dataset.Key, newItems.Keys.ToArray()));
            lookUp.BatchCommands.Add(Sql.BatchCommand(FindLabelers, dataset.Key, newLabelers.Keys.ToArray()));
            await using var reader = await lookUp.ExecuteReaderAsync(cancel);
            var known = await LearnAsync(reader, _items, dataset, newItems, items, cancel);
            await reader.NextResultAsync(cancel);
            known &= await LearnAsync(reader, _labelers, dataset, newLabelers, labelers, cancel);
            if (!known)
            {
                return null;
            }
        }

        return Sorted(items, labelers);
    }

    /// <summary>Forgets the labelers of a batch, one of which has been deleted.</summary>
    public void ForgetLabelers(DatasetRecord dataset, AnnotationBatch batch)
    {
        for (var entry = 0; entry < batch.Count; entry++)
        {
            _labelers.Remove(dataset.Key, batch[entry].LabelerId);
        }
    }

    /// <summary>Fills in the keys that are remembered; returns the ids that are not, each with its entries.</summary>
    private static Dictionary<string, List<int>> Recall(
        KeyCache cache, DatasetRecord dataset, AnnotationBatch batch, Func<AnnotationWrite, string> idOf, long[] keys)
    {
        var missing = new Dictionary<string, List<int>>();
        for (var entry = 0; entry < keys.Length; entry++)
        {
            var id = idOf(batch[entry]);
            if (cache.TryGet(dataset.Key, id, out var key))
            {
                keys[entry] = key;
            }
            else if (missing.TryGetValue(id, out var entries))
            {
                entries.Add(entry);
            }
            else
            {
                missing.Add(id, [entry]);
            }
        }

        return missing;
    }

    private static async Task<bool> LearnAsync(
        NpgsqlDataReader reader, KeyCache cache, DatasetRecord dataset, Dictionary<string, List<int>> missing, long[] keys,
        CancellationToken cancel)
    {
        var found = 0;
        while (await reader.ReadAsync(cancel))
        {
            var (id, key) = (reader.GetString(0), reader.GetInt64(1));
            cache.Add(dataset.Key, id, key);
            found++;
            foreach (var entry in missing[id])
            {
                keys[entry] = key;
            }
        }

        return found == missing.Count;
    }

    private static ResolvedKeys Sorted(long[] items, long[] labelers)
    {
        var pairs = new (long Item, long Labeler)[items.Length];
        var order = new int[items.Length];
        for (var i = 0; i < order.Length; i++)
        {
            pairs[i] = (items[i], labelers[i]);
            order[i] = i;
        }

        Array.Sort(pairs, order);
        for (var i = 0; i < order.Length; i++)
        {
            (items[i], labelers[i]) = pairs[i];
        }

        return new ResolvedKeys(items, labelers, order);
    }
}
