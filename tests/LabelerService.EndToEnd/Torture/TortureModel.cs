namespace LabelerService.EndToEnd.Torture;

/// <summary>One row of a message: an opinion, or (class null) its retraction.</summary>
/// <param name="Item">Number of the item.</param>
/// <param name="Class">Class index; null retracts.</param>
internal readonly record struct TortureRow(int Item, int? Class);

/// <summary>A message that a client has sent and will send again until it is acknowledged.</summary>
/// <param name="RequestId">Its request id; null relies on the identity of annotations alone.</param>
/// <param name="Rows">Its rows, of different items.</param>
internal sealed record TortureMessage(string? RequestId, IReadOnlyList<TortureRow> Rows);

/// <summary>What one labeler's annotations must be once a sequence of messages is committed: class and number of revisions of every item.</summary>
internal sealed class TortureModel
{
    private readonly SortedDictionary<int, (int? Class, int Revision)> _items;

    public TortureModel() => _items = [];

    private TortureModel(TortureModel other) => _items = new(other._items);

    public int Count => _items.Count;

    public TortureModel Copy() => new(this);

    /// <summary>Commits a message: what changes an opinion is a revision, the same again is none, and nothing cannot be retracted.</summary>
    public void Apply(TortureMessage message)
    {
        foreach (var row in message.Rows)
        {
            if (_items.TryGetValue(row.Item, out var known))
            {
                if (known.Class != row.Class)
                {
                    _items[row.Item] = (row.Class, known.Revision + 1);
                }
            }
            else if (row.Class is not null)
            {
                _items.Add(row.Item, (row.Class, 1));
            }
        }
    }

    /// <summary>Null if these annotations are the model's; else the first difference.</summary>
    public string? Difference(IReadOnlyDictionary<int, (int? Class, int Revision)> stored)
    {
        foreach (var (item, expected) in _items)
        {
            if (!stored.TryGetValue(item, out var found))
            {
                return $"item {item} is lost; expected class {Text(expected.Class)}, revision {expected.Revision}";
            }

            if (found != expected)
            {
                return $"item {item} has class {Text(found.Class)}, revision {found.Revision}; "
                    + $"expected class {Text(expected.Class)}, revision {expected.Revision}";
            }
        }

        var surplus = stored.Keys.FirstOrDefault(item => !_items.ContainsKey(item), -1);
        return surplus < 0 ? null : $"item {surplus} was never sent";
    }

    private static string Text(int? index) => index?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none";
}
