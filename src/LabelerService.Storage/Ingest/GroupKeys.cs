namespace LabelerService.Storage.Ingest;

/// <summary>The keys of a group's ids, as far as they are known; 0 for those that are not.</summary>
internal sealed class GroupKeys
{
    private readonly Dictionary<string, long> _missingItems = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _missingLabelers = new(StringComparer.Ordinal);

    private GroupKeys(IReadOnlyList<AnnotationMessage> messages, Func<int, bool> skip)
    {
        Messages = messages;
        Rows = new RowKey[messages.Where((_, index) => !skip(index)).Sum(message => message.Batch.Count)];
    }

    public IReadOnlyList<AnnotationMessage> Messages { get; }

    /// <summary>A row for each entry of each message that is not skipped, in order.</summary>
    public RowKey[] Rows { get; }

    public bool AllKnown => _missingItems.Count + _missingLabelers.Count == 0;

    public string[] MissingItems => [.. _missingItems.Where(entry => entry.Value == 0).Select(entry => entry.Key)];

    public string[] MissingLabelers => [.. _missingLabelers.Where(entry => entry.Value == 0).Select(entry => entry.Key)];

    /// <param name="messages">The group.</param>
    /// <param name="skip">Messages that have no rows, by index.</param>
    /// <param name="items">Recalls items.</param>
    /// <param name="labelers">Recalls labelers.</param>
    public static GroupKeys Recall(
        IReadOnlyList<AnnotationMessage> messages, Func<int, bool> skip, Func<string, long> items, Func<string, long> labelers)
    {
        var keys = new GroupKeys(messages, skip);
        var row = 0;
        for (var m = 0; m < messages.Count; m++)
        {
            if (skip(m))
            {
                continue;
            }

            var batch = messages[m].Batch;
            for (var entry = 0; entry < batch.Count; entry++)
            {
                var annotation = batch[entry];
                keys.Rows[row++] = new RowKey(
                    Key(annotation.ItemId, items, keys._missingItems), Key(annotation.LabelerId, labelers, keys._missingLabelers), m, entry);
            }
        }

        return keys;
    }

    public void FoundItem(string id, long key) => _missingItems[id] = key;

    public void FoundLabeler(string id, long key) => _missingLabelers[id] = key;

    /// <summary>Puts what was found into the rows.</summary>
    public void Fill()
    {
        for (var row = 0; row < Rows.Length; row++)
        {
            var key = Rows[row];
            if (key.Item == 0 || key.Labeler == 0)
            {
                var annotation = Messages[key.Message].Batch[key.Entry];
                Rows[row] = key with
                {
                    Item = key.Item == 0 ? _missingItems[annotation.ItemId] : key.Item,
                    Labeler = key.Labeler == 0 ? _missingLabelers[annotation.LabelerId] : key.Labeler,
                };
            }
        }
    }

    private static long Key(string id, Func<string, long> recall, Dictionary<string, long> missing)
    {
        var key = recall(id);
        if (key == 0)
        {
            missing.TryAdd(id, 0);
        }

        return key;
    }
}
