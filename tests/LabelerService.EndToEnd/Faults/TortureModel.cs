namespace LabelerService.EndToEnd.Faults;

/// <summary>One row of a message: an opinion, or (class null) its retraction.</summary>
/// <param name="Item">Number of the item.</param>
/// <param name="Class">Class index; null retracts.</param>
internal readonly record struct TortureRow(int Item, int? Class);

/// <summary>A message that a client has sent and will send again until it is acknowledged: all of it counts, or nothing.</summary>
/// <param name="RequestId">Its request id; null relies on the identity of annotations alone.</param>
/// <param name="Rows">Its rows, of different items.</param>
internal sealed record TortureMessage(string? RequestId, IReadOnlyList<TortureRow> Rows);

/// <summary>A message that was acknowledged.</summary>
/// <param name="Message">The message.</param>
/// <param name="Answers">What the service answered, each time that it answered; empty where the way of sending has no answer to compare.</param>
internal sealed record Acknowledged(TortureMessage Message, IReadOnlyList<string> Answers);

/// <summary>What one labeler's annotations must be once a sequence of messages is committed: what was said of each item, revision after revision.</summary>
internal sealed class TortureModel
{
    private readonly SortedDictionary<int, List<int?>> _items = [];

    /// <summary>The items, each with the classes of its revisions; null is a retraction.</summary>
    public IEnumerable<KeyValuePair<int, List<int?>>> Items => _items;

    /// <summary>Revisions of an item; none where nothing was said.</summary>
    public IReadOnlyList<int?> this[int item] => _items.TryGetValue(item, out var revisions) ? revisions : [];

    public static TortureModel Of(IEnumerable<TortureMessage> messages)
    {
        var model = new TortureModel();
        foreach (var message in messages)
        {
            model.Apply(message);
        }

        return model;
    }

    /// <summary>Commits a message: what changes an opinion is a revision, the same again is none, and nothing cannot be retracted.</summary>
    public void Apply(TortureMessage message)
    {
        foreach (var row in message.Rows)
        {
            if (_items.TryGetValue(row.Item, out var revisions))
            {
                if (revisions[^1] != row.Class)
                {
                    revisions.Add(row.Class);
                }
            }
            else if (row.Class is not null)
            {
                _items.Add(row.Item, [row.Class]);
            }
        }
    }

    /// <summary>Whether exactly these revisions are stored.</summary>
    public bool Is(IReadOnlyDictionary<int, IReadOnlyList<StoredRevision>> stored) =>
        stored.Count == _items.Count && _items.All(item => stored.TryGetValue(item.Key, out var found) && Same(item.Value, found));

    private static bool Same(List<int?> expected, IReadOnlyList<StoredRevision> found)
    {
        for (var i = 0; i < expected.Count; i++)
        {
            if (i >= found.Count || found[i] != new StoredRevision(i + 1, expected[i]))
            {
                return false;
            }
        }

        return found.Count == expected.Count;
    }
}

/// <summary>A revision as the database has it.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Class">Class index; null is a retraction.</param>
internal readonly record struct StoredRevision(int Number, int? Class);
