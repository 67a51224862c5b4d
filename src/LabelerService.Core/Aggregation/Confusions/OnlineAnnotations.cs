using System.Runtime.InteropServices;
using LabelerService.Core.Annotations;

namespace LabelerService.Core.Aggregation.Confusions;

/// <summary>One labeler's answer about an item.</summary>
internal readonly record struct Answer(int Labeler, int Label);

/// <summary>An item that a labeler answered about, and how.</summary>
internal readonly record struct AnsweredItem(int Item, int Label);

/// <summary>Annotations that come and go, the items that are to be looked at again, and the labelers whose counts moved.</summary>
internal sealed class OnlineAnnotations
{
    private const int Spare = 16;

    private readonly List<int> _queue = [];
    private readonly List<int> _touched = [];
    private Answer[]?[] _answers = [];
    private int[] _counts = [];
    private List<AnsweredItem>?[] _itemsOf = [];
    private int[] _countsOfLabelers = [];
    private bool[] _isQueued = [];
    private bool[] _isTouched = [];
    private int _items;
    private int _labelers;

    public int Count { get; private set; }

    public bool AnyQueued => _queue.Count > 0;

    public bool AllTouched => _touched.Count == _labelers;

    public int CountOf(int item) => _counts[item];

    public ReadOnlySpan<Answer> Of(int item) => _answers[item].AsSpan(0, _counts[item]);

    public void Grow(int items, int labelers)
    {
        (_items, _labelers) = (items, labelers);
        Growth.Ensure(ref _answers, items);
        Growth.Ensure(ref _counts, items);
        Growth.Ensure(ref _isQueued, items);
        Growth.Ensure(ref _itemsOf, labelers);
        Growth.Ensure(ref _isTouched, labelers);
        Growth.Ensure(ref _countsOfLabelers, labelers);
    }

    /// <summary>Makes room at once for all that a table has.</summary>
    public void Reserve(AnnotationTable table)
    {
        for (var n = 0; n < table.ItemCount; n++)
        {
            var (start, end) = table.RangeOfItem(n);
            _answers[n] = new Answer[end - start];
        }

        for (var r = 0; r < table.LabelerCount; r++)
        {
            _itemsOf[r] = new List<AnsweredItem>(table.CountOfLabeler(r));
        }
    }

    public void Append(int item, int labeler, int label)
    {
        var answers = _answers[item] ?? [];
        Growth.Ensure(ref answers, _counts[item] + 1);
        answers[_counts[item]++] = new Answer(labeler, label);
        _answers[item] = answers;
        _countsOfLabelers[labeler]++;
        Count++;
        var items = _itemsOf[labeler] ??= [];
        items.Add(new AnsweredItem(item, label));
        if (items.Count > (2 * _countsOfLabelers[labeler]) + Spare)
        {
            // Half of them are of answers taken back.
            _itemsOf[labeler] = [.. items.Distinct().Where(candidate => IsAnswer(labeler, candidate))];
        }
    }

    /// <summary>Removes one answer of the labeler, if there is any.</summary>
    public bool Remove(int item, int labeler, out int label)
    {
        var answers = Of(item);
        for (var i = 0; i < answers.Length; i++)
        {
            if (answers[i].Labeler == labeler)
            {
                label = answers[i].Label;
                // In order, so that sums are those of a table in which the answer never was.
                answers[(i + 1)..].CopyTo(_answers[item].AsSpan(i));
                _counts[item]--;
                _countsOfLabelers[labeler]--;
                Count--;
                return true;
            }
        }

        label = -1;
        return false;
    }

    public void Queue(int item)
    {
        if (!_isQueued[item])
        {
            _isQueued[item] = true;
            _queue.Add(item);
        }
    }

    public void QueueAll()
    {
        for (var n = 0; n < _items; n++)
        {
            Queue(n);
        }
    }

    /// <summary>What a labeler answered. Some that was taken back may be among it, at most as much again and a few.</summary>
    public ReadOnlySpan<AnsweredItem> ItemsOf(int labeler) => CollectionsMarshal.AsSpan(_itemsOf[labeler]);

    /// <summary>Forgets that the items before this one are to be looked at.</summary>
    public void UnqueueBelow(int item)
    {
        foreach (var queued in _queue)
        {
            _isQueued[queued] &= queued >= item;
        }

        _queue.RemoveAll(queued => queued < item);
    }

    /// <summary>The items to be looked at, ascending; the queue is empty afterwards.</summary>
    public int[] TakeQueue() => Take(_queue, _isQueued);

    public void Touch(int labeler)
    {
        if (!_isTouched[labeler])
        {
            _isTouched[labeler] = true;
            _touched.Add(labeler);
        }
    }

    public void TouchAll()
    {
        for (var r = 0; r < _labelers; r++)
        {
            Touch(r);
        }
    }

    /// <summary>The labelers whose counts moved, ascending; none has afterwards.</summary>
    public int[] TakeTouched() => Take(_touched, _isTouched);

    private bool IsAnswer(int labeler, AnsweredItem answered) => Of(answered.Item).Contains(new Answer(labeler, answered.Label));

    private static int[] Take(List<int> list, bool[] flags)
    {
        int[] taken = [.. list];
        Array.Sort(taken);
        foreach (var index in taken)
        {
            flags[index] = false;
        }

        list.Clear();
        return taken;
    }
}

/// <summary>Arrays that grow by doubling.</summary>
internal static class Growth
{
    public static void Ensure<T>(ref T[] array, long length)
    {
        if (array.Length < length)
        {
            Array.Resize(ref array, checked((int)Math.Max(length, Math.Min(2L * array.Length, Array.MaxLength))));
        }
    }
}
