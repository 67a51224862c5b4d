using LabelerService.Core.Datasets;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Security;
using Npgsql;

namespace LabelerService.Storage.Ingest;

internal sealed partial class AnnotationTransaction
{
    /// <summary>
    /// The rows of a group's messages that can be written; refuses those with unknown ids, or registers these. Asks the database only for
    /// what is not remembered.
    /// </summary>
    private async Task<RowKey[]> KeysAsync(
        IReadOnlyList<AnnotationMessage> messages, MessageOutcome[] outcomes, int[] dependsOn, CancellationToken cancel)
    {
        var keys = Recall(messages, outcomes);
        if (!keys.AllKnown)
        {
            if (_epoch is null)
            {
                await HoldAsync(cancel);
                keys = Recall(messages, outcomes);
            }

            await FindAsync(keys, cancel);
            RefuseUnknown(keys, outcomes);
            await RegisterAsync(keys, Takeable(outcomes, dependsOn), cancel);
            keys.Fill();
        }

        var taken = Takeable(outcomes, dependsOn);

        // What is left without a key is taken back from nobody, or nowhere.
        return Array.TrueForAll(keys.Rows, IsWritten) ? keys.Rows : Array.FindAll(keys.Rows, IsWritten);

        bool IsWritten(RowKey row) => row is { Item: > 0, Labeler: > 0 } && taken[row.Message];
    }

    private GroupKeys Recall(IReadOnlyList<AnnotationMessage> messages, MessageOutcome[] outcomes)
    {
        bool Skip(int message) => !outcomes[message].IsPostponed;
        if ((_epoch ?? memory.LastEpoch(dataset.Key)) is not { } epoch)
        {
            return GroupKeys.Recall(messages, Skip, _ => 0, _ => 0);
        }

        _keysOf = epoch;
        var items = memory.Items.Of(dataset.Key, epoch);
        var labelers = memory.Labelers.Of(dataset.Key, epoch);
        return GroupKeys.Recall(
            messages, Skip,
            id => items.TryGet(id, out var key) || _items.TryGetValue(id, out key) ? key : 0,
            id => labelers.TryGet(id, out var key) || _labelers.TryGetValue(id, out key) ? key : 0);
    }

    private async Task FindAsync(GroupKeys keys, CancellationToken cancel)
    {
        var (items, labelers) = (keys.MissingItems, keys.MissingLabelers);
        await using var lookUp = new NpgsqlBatch(connection);
        lookUp.BatchCommands.Add(Sql.BatchCommand(AnnotationSql.FindItems, dataset.Key, items));
        lookUp.BatchCommands.Add(Sql.BatchCommand(AnnotationSql.FindLabelers, dataset.Key, labelers));
        await using var reader = await lookUp.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            keys.FoundItem(reader.GetString(0), _items[reader.GetString(0)] = reader.GetInt64(1));
        }

        await reader.NextResultAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            keys.FoundLabeler(reader.GetString(0), _labelers[reader.GetString(0)] = reader.GetInt64(1));
        }
    }

    private void RefuseUnknown(GroupKeys keys, MessageOutcome[] outcomes)
    {
        var noItems = unknown.Items == UnknownItems.Register ? [] : keys.MissingItems.ToHashSet(StringComparer.Ordinal);
        var noLabelers = unknown.Labelers == UnknownLabelers.Register ? [] : keys.MissingLabelers.ToHashSet(StringComparer.Ordinal);
        if (noItems.Count + noLabelers.Count == 0)
        {
            return;
        }

        for (var m = 0; m < outcomes.Length; m++)
        {
            if (!outcomes[m].IsPostponed)
            {
                continue;
            }

            var batch = keys.Messages[m].Batch;
            var problems = new Violations();
            for (var entry = 0; entry < batch.Count && !problems.Full; entry++)
            {
                if (noItems.Contains(batch[entry].ItemId))
                {
                    problems.Add($"annotations[{batch.IndexOf(entry)}].item_id", $"no such item in datasets/{dataset.Id}");
                }

                if (noLabelers.Contains(batch[entry].LabelerId))
                {
                    problems.Add($"annotations[{batch.IndexOf(entry)}].labeler_id", $"no such labeler in datasets/{dataset.Id}");
                }
            }

            if (problems.NotFound("Write the items and register the labelers first, or have them registered: nothing of this batch was stored.") is { } error)
            {
                outcomes[m] = new MessageOutcome(null, error);
            }
        }
    }

    /// <summary>Registers the unknown ids of messages that are to be stored, except those of retractions: there is nothing to take back.</summary>
    private async Task RegisterAsync(GroupKeys keys, bool[] taken, CancellationToken cancel)
    {
        var items = keys.MissingItems.ToHashSet(StringComparer.Ordinal);
        var labelers = keys.MissingLabelers.ToHashSet(StringComparer.Ordinal);
        if (items.Count + labelers.Count == 0)
        {
            return;
        }

        var newItems = new Dictionary<string, int>(StringComparer.Ordinal);
        var newLabelers = new HashSet<string>(StringComparer.Ordinal);
        foreach (var row in keys.Rows)
        {
            var annotation = keys.Messages[row.Message].Batch[row.Entry];
            if ((row.Item == 0 || row.Labeler == 0) && annotation.ClassIndex is not null && taken[row.Message])
            {
                // The message that names an item first is the one that creates it.
                if (items.Contains(annotation.ItemId))
                {
                    newItems.TryAdd(annotation.ItemId, row.Message);
                }

                if (labelers.Contains(annotation.LabelerId))
                {
                    newLabelers.Add(annotation.LabelerId);
                }
            }
        }

        var created = new UsageChange();
        if (newItems.Count > 0)
        {
            var count = await RegisterAsync(
                Sql.Command(connection, AnnotationSql.RegisterItems, dataset.Key, newItems.Keys.ToArray(), (short)Split.Train), _items, keys.FoundItem, cancel,
                id =>
                {
                    if (keys.Messages[newItems[id]].Key is { } key)
                    {
                        (_keyUsage ??= new KeyUsage()).Count(key, annotations: 0, items: 1);
                    }
                });
            created += new UsageChange(Items: count, ItemChanges: count);
        }

        if (newLabelers.Count > 0)
        {
            created += new UsageChange(Labelers: await RegisterAsync(
                Sql.Command(connection, AnnotationSql.RegisterLabelers, dataset.Key, newLabelers.ToArray()), _labelers, keys.FoundLabeler, cancel));
        }

        _usage += created;
    }

    private static async Task<long> RegisterAsync(
        NpgsqlCommand command, Dictionary<string, long> known, Action<string, long> found, CancellationToken cancel, Action<string>? isCreated = null)
    {
        var created = 0L;
        foreach (var (id, key, isNew) in await command.ListAsync(row => (row.GetString(0), row.GetInt64(1), row.GetBoolean(2)), cancel))
        {
            known[id] = key;
            found(id, key);
            if (isNew)
            {
                created++;
                isCreated?.Invoke(id);
            }
        }

        return created;
    }
}
