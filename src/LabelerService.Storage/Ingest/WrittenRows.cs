using Npgsql;

namespace LabelerService.Storage.Ingest;

/// <summary>What the statement did to each row of a group.</summary>
/// <param name="rows">The rows.</param>
internal sealed class WrittenRows(GroupRows rows)
{
    private bool _allCreated;
    private (long[] Items, long[] Labelers) _created = ([], []);
    private (long[] Items, long[] Labelers) _changed = ([], []);

    /// <summary>Annotations that are the first of their pair.</summary>
    public long Created { get; private set; }

    /// <summary>Annotations that were there before and are not as they were: revised, taken back, or given anew.</summary>
    public long Changed => _changed.Items.Length;

    /// <summary>Annotations that were taken back.</summary>
    public long Retracted { get; private set; }

    /// <summary>The pairs that have another class now, with the revisions that were replaced; null if there are none.</summary>
    public (long[] Items, long[] Labelers, int[] Replaced)? ChangedToClass { get; private set; }

    /// <summary>Every row is the first of its pair.</summary>
    public static WrittenRows AllNew(GroupRows rows) => new(rows) { Created = rows.Count, _allCreated = true };

    /// <summary>Reads the row that <see cref="AnnotationSql.Write"/> returns.</summary>
    public static WrittenRows Read(GroupRows rows, NpgsqlDataReader reader)
    {
        var written = new WrittenRows(rows) { Created = reader.GetInt64(1), _allCreated = reader.GetInt64(1) == rows.Count };
        if (!written._allCreated && written.Created > 0)
        {
            written._created = (reader.GetFieldValue<long[]>(3), reader.GetFieldValue<long[]>(4));
        }

        if (reader.GetInt64(2) > 0)
        {
            var (items, labelers, revisions) = (reader.GetFieldValue<long[]>(5), reader.GetFieldValue<long[]>(6), reader.GetFieldValue<int[]>(7));
            written._changed = (items, labelers);
            written.FindRetracted(revisions);
        }

        return written;
    }

    /// <summary>Numbers created, revised and retracted of each message.</summary>
    public (int Created, int Revised, int Retracted)[] PerMessage(int messages)
    {
        var counts = new (int Created, int Revised, int Retracted)[messages];
        if (_allCreated)
        {
            for (var row = 0; row < rows.Count; row++)
            {
                counts[rows[row].Message].Created++;
            }

            return counts;
        }

        foreach (var row in Find(_created))
        {
            counts[rows[row].Message].Created++;
        }

        foreach (var row in Find(_changed))
        {
            if (rows.Content(row).ClassIndex is null)
            {
                counts[rows[row].Message].Retracted++;
            }
            else
            {
                counts[rows[row].Message].Revised++;
            }
        }

        return counts;
    }

    private void FindRetracted(int[] revisions)
    {
        var items = new List<long>();
        var labelers = new List<long>();
        var replaced = new List<int>();
        var at = 0;
        foreach (var row in Find(_changed))
        {
            if (rows.Content(row).ClassIndex is null)
            {
                Retracted++;
            }
            else
            {
                items.Add(_changed.Items[at]);
                labelers.Add(_changed.Labelers[at]);
                replaced.Add(revisions[at] - 1);
            }

            at++;
        }

        ChangedToClass = ([.. items], [.. labelers], [.. replaced]);
    }

    /// <summary>The rows with these pairs. Both are in the order of the pairs: the statement works in the order of its input.</summary>
    private IEnumerable<int> Find((long[] Items, long[] Labelers) pairs)
    {
        var row = 0;
        for (var i = 0; i < pairs.Items.Length; i++)
        {
            while (row < rows.Count && (rows[row].Item != pairs.Items[i] || rows[row].Labeler != pairs.Labelers[i]))
            {
                row++;
            }

            yield return row < rows.Count ? row : throw new InvalidOperationException("The database answered for a row that was not sent.");
        }
    }
}
