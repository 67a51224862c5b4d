using System.Runtime.InteropServices;
using LabelerService.Core.Annotations;
using LabelerService.Storage.Database;

namespace LabelerService.Storage.Insight;

/// <summary>Items by ascending key, as they are read or merged.</summary>
internal sealed class ItemRows(int capacity)
{
    private readonly List<long> _keys = new(capacity);
    private readonly List<int> _gold = new(capacity);

    public const string Columns = "item_key, gold_class";

    public ReadOnlySpan<long> Keys => CollectionsMarshal.AsSpan(_keys);

    public ReadOnlySpan<int> Gold => CollectionsMarshal.AsSpan(_gold);

    public int Count => _keys.Count;

    public void Add(long key, int gold)
    {
        _keys.Add(key);
        _gold.Add(gold);
    }

    public void Read(BinaryCopyReader row) => Add(row.Long(), row.Short(-1));

    /// <summary>These items, and those read since in place of the ones with the same key.</summary>
    public static ItemRows Merge(InsightData before, ItemRows since)
    {
        var merged = new ItemRows(before.ItemKeys.Length + since.Count);
        var s = 0;
        for (var i = 0; i < before.ItemKeys.Length; i++)
        {
            var key = before.ItemKeys[i];
            for (; s < since.Count && since.Keys[s] < key; s++)
            {
                merged.Add(since.Keys[s], since.Gold[s]);
            }

            if (s < since.Count && since.Keys[s] == key)
            {
                merged.Add(key, since.Gold[s]);
                s++;
            }
            else
            {
                merged.Add(key, before.Gold[i]);
            }
        }

        for (; s < since.Count; s++)
        {
            merged.Add(since.Keys[s], since.Gold[s]);
        }

        return merged;
    }
}

/// <summary>Annotations by ascending (item key, labeler key), as they are read or merged; a class below zero is a retraction.</summary>
internal sealed class AnnotationRows(int capacity)
{
    /// <summary>Milliseconds from 1970 to 2000, where PostgreSQL's times begin.</summary>
    private const long Epoch = 946_684_800_000;

    private readonly List<long> _items = new(capacity);
    private readonly List<long> _labelers = new(capacity);
    private readonly List<short> _classes = new(capacity);
    private readonly List<long> _times = new(capacity);
    private readonly List<int> _durations = new(capacity);

    public const string Columns = "item_key, labeler_key, class_index, coalesce(annotated_at, received_at), duration_ms";

    public int Count => _items.Count;

    public void Read(BinaryCopyReader row) => Add(row.Long(), row.Long(), row.Short(-1), Milliseconds(row.Long()), row.Int(-1));

    /// <summary>What was there before, with the rows read since in place of those of the same pair, and without what they retract.</summary>
    public static AnnotationRows Merge(InsightData before, AnnotationRows since)
    {
        var table = before.Table;
        var merged = new AnnotationRows(table.Count + since.Count);
        var items = table.Items;
        var labelers = table.Labelers;
        var classes = table.Classes;
        var s = 0;
        for (var a = 0; a < table.Count; a++)
        {
            var (item, labeler) = (before.ItemKeys[items[a]], before.LabelerKeys[labelers[a]]);
            for (; s < since.Count && since.Compare(s, item, labeler) < 0; s++)
            {
                merged.AddUnlessRetracted(since, s);
            }

            if (s < since.Count && since.Compare(s, item, labeler) == 0)
            {
                merged.AddUnlessRetracted(since, s++);
            }
            else
            {
                merged.Add(item, labeler, (short)classes[a], before.Times[a], before.DurationsMs[a]);
            }
        }

        for (; s < since.Count; s++)
        {
            merged.AddUnlessRetracted(since, s);
        }

        return merged;
    }

    /// <summary>The table by indexes, with times and durations at its positions.</summary>
    /// <param name="itemKeys">Keys of the items, ascending.</param>
    /// <param name="labelerKeys">Keys of the labelers, ascending.</param>
    /// <param name="classCount">Number of classes.</param>
    public (AnnotationTable Table, long[] Times, int[] Durations) Build(long[] itemKeys, long[] labelerKeys, int classCount)
    {
        var indexOf = new Dictionary<long, int>(labelerKeys.Length);
        for (var r = 0; r < labelerKeys.Length; r++)
        {
            indexOf.Add(labelerKeys[r], r);
        }

        var items = new int[Count];
        var labelers = new int[Count];
        var classes = new int[Count];
        var item = 0;
        for (var a = 0; a < Count; a++)
        {
            // Both sides ascend by key. An annotation is committed with or after its item and its labeler: there is no other.
            while (itemKeys[item] < _items[a])
            {
                item++;
            }

            items[a] = itemKeys[item] == _items[a] ? item : throw new InvalidDataException($"An annotation of item {_items[a]}, which is not there.");
            labelers[a] = indexOf[_labelers[a]];
            classes[a] = _classes[a];
        }

        // The table keeps the order of its input within an item, and the input is by item: positions stay as they are.
        return (new AnnotationTable(itemKeys.Length, labelerKeys.Length, classCount, items, labelers, classes), [.. _times], [.. _durations]);
    }

    private static long Milliseconds(long microseconds) =>
        microseconds is long.MinValue or long.MaxValue ? long.MinValue : Math.DivRem(microseconds, 1_000).Quotient + Epoch;

    private int Compare(int row, long item, long labeler) =>
        _items[row] != item ? _items[row].CompareTo(item) : _labelers[row].CompareTo(labeler);

    private void AddUnlessRetracted(AnnotationRows from, int row)
    {
        if (from._classes[row] >= 0)
        {
            Add(from._items[row], from._labelers[row], from._classes[row], from._times[row], from._durations[row]);
        }
    }

    private void Add(long item, long labeler, short classIndex, long time, int duration)
    {
        _items.Add(item);
        _labelers.Add(labeler);
        _classes.Add(classIndex);
        _times.Add(time);
        _durations.Add(duration);
    }
}
