namespace LabelerService.Storage.Ingest;

/// <summary>
/// The rows of a group of messages by key, in the order in which every writer takes its locks. A pair of (item, labeler) is in it once: a
/// message that says the same of a pair again adds nothing to it, and one that says something else is cut off with all after it, so that
/// what it replaces is in the table, and in the history, first.
/// </summary>
internal sealed class GroupRows
{
    private readonly IReadOnlyList<AnnotationMessage> _messages;
    private readonly RowKey[] _rows;

    private GroupRows(IReadOnlyList<AnnotationMessage> messages, RowKey[] rows, int messagesTaken)
    {
        _messages = messages;
        _rows = rows;
        MessagesTaken = messagesTaken;
    }

    /// <summary>Messages from the first on that the rows stand for.</summary>
    public int MessagesTaken { get; }

    public int Count => _rows.Length;

    /// <summary>Whether a row takes something back.</summary>
    public bool HasRetractions
    {
        get
        {
            for (var row = 0; row < _rows.Length; row++)
            {
                if (Content(row).ClassIndex is null)
                {
                    return true;
                }
            }

            return false;
        }
    }

    public RowKey this[int row] => _rows[row];

    /// <summary>What is said of a row's pair.</summary>
    public AnnotationWrite Content(int row) => _messages[_rows[row].Message].Batch[_rows[row].Entry];

    /// <param name="messages">The group.</param>
    /// <param name="rows">Its rows, by message and entry; changed in place.</param>
    public static GroupRows Create(IReadOnlyList<AnnotationMessage> messages, RowKey[] rows)
    {
        Sort(rows);
        var cut = messages.Count;
        var repeated = 0;
        for (var row = 1; row < rows.Length; row++)
        {
            if (!rows[row].IsSamePairAs(rows[row - 1 - repeated]))
            {
                repeated = 0;
                continue;
            }

            var first = rows[row - 1 - repeated];
            repeated++;
            if (!Of(first).SaysTheSameAs(Of(rows[row])))
            {
                cut = Math.Min(cut, rows[row].Message);
            }
        }

        // The first row of a pair is of the earliest message, so that it stays wherever a later one does.
        var kept = 0;
        for (var row = 0; row < rows.Length; row++)
        {
            if (rows[row].Message < cut && (kept == 0 || !rows[row].IsSamePairAs(rows[kept - 1])))
            {
                rows[kept++] = rows[row];
            }
        }

        return new GroupRows(messages, kept == rows.Length ? rows : rows[..kept], cut);

        AnnotationWrite Of(in RowKey key) => messages[key.Message].Batch[key.Entry];
    }

    private static void Sort(RowKey[] rows)
    {
        var order = default(RowOrder);
        for (var row = 1; row < rows.Length; row++)
        {
            if (order.Compare(rows[row], rows[row - 1]) < 0)
            {
                rows.AsSpan().Sort(order);
                return;
            }
        }
    }
}

/// <summary>A row of a group: a pair of keys, and where its content is.</summary>
/// <param name="Item">Key of the item.</param>
/// <param name="Labeler">Key of the labeler.</param>
/// <param name="Message">Index of the message in the group.</param>
/// <param name="Entry">Index of the entry in the message's batch.</param>
internal readonly record struct RowKey(long Item, long Labeler, int Message, int Entry)
{
    public bool IsSamePairAs(in RowKey other) => Item == other.Item && Labeler == other.Labeler;
}

/// <summary>By item, labeler and message.</summary>
internal readonly struct RowOrder : IComparer<RowKey>
{
    public int Compare(RowKey x, RowKey y)
    {
        if (x.Item != y.Item)
        {
            return x.Item < y.Item ? -1 : 1;
        }

        return x.Labeler != y.Labeler ? (x.Labeler < y.Labeler ? -1 : 1) : x.Message.CompareTo(y.Message);
    }
}
