using LabelerService.Core.Annotations;

namespace LabelerService.Core.Agreement;

/// <summary>
/// Items counted by how often each class was named: to the coefficients of all labelers together, items with equal counts are equal. There
/// are few different ones where items have few annotations (three annotations in five classes: 35), which makes resampling cheap; there
/// are never more than items, and the size is linear in annotations.
/// </summary>
internal sealed class ItemProfiles
{
    private readonly List<int> _offsets = [0];
    private readonly List<int> _classes = [];
    private readonly List<int> _counts = [];
    private readonly List<int> _sizes = [];
    private readonly List<long> _weights = [];
    private readonly List<ulong> _hashes = [];
    private int[] _slots = new int[64];

    private ItemProfiles(int classCount) => ClassCount = classCount;

    public int ClassCount { get; }

    /// <summary>Number of different profiles P.</summary>
    public int Count => _sizes.Count;

    /// <summary>Items of each profile [P].</summary>
    public ReadOnlySpan<long> Weights => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_weights);

    /// <summary>Annotations of an item of each profile [P], at least 1.</summary>
    public ReadOnlySpan<int> Sizes => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_sizes);

    /// <summary>Where the entries of each profile begin [P + 1].</summary>
    public ReadOnlySpan<int> Offsets => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_offsets);

    /// <summary>Class of each entry, ascending within a profile.</summary>
    public ReadOnlySpan<int> Classes => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_classes);

    /// <summary>How often it was named.</summary>
    public ReadOnlySpan<int> Counts => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_counts);

    public static ItemProfiles Of(AnnotationTable table, CancellationToken cancellationToken)
    {
        var profiles = new ItemProfiles(table.ClassCount);
        var counts = new int[table.ClassCount];
        var named = new int[table.ClassCount];
        for (var n = 0; n < table.ItemCount; n++)
        {
            if ((n & 0xFFFF) == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            var (start, end) = table.RangeOfItem(n);
            if (start == end)
            {
                continue;
            }

            var length = 0;
            foreach (var label in table.Classes[start..end])
            {
                if (counts[label]++ == 0)
                {
                    named[length++] = label;
                }
            }

            var classes = named.AsSpan(0, length);
            classes.Sort();
            profiles.Add(classes, counts, end - start);
            foreach (var label in classes)
            {
                counts[label] = 0;
            }
        }

        return profiles;
    }

    private void Add(ReadOnlySpan<int> classes, int[] counts, int size)
    {
        var hash = 14695981039346656037UL;
        foreach (var label in classes)
        {
            hash = (hash ^ (uint)label) * 1099511628211;
            hash = (hash ^ (uint)counts[label]) * 1099511628211;
        }

        hash ^= hash >> 29;
        var slot = (int)(hash & (ulong)(_slots.Length - 1));
        while (_slots[slot] != 0)
        {
            var profile = _slots[slot] - 1;
            if (_hashes[profile] == hash && Equals(profile, classes, counts))
            {
                _weights[profile]++;
                return;
            }

            slot = (slot + 1) & (_slots.Length - 1);
        }

        foreach (var label in classes)
        {
            _classes.Add(label);
            _counts.Add(counts[label]);
        }

        _offsets.Add(_classes.Count);
        _sizes.Add(size);
        _weights.Add(1);
        _hashes.Add(hash);
        _slots[slot] = Count;
        if (Count * 2 > _slots.Length)
        {
            Grow();
        }
    }

    private bool Equals(int profile, ReadOnlySpan<int> classes, int[] counts)
    {
        var start = _offsets[profile];
        if (_offsets[profile + 1] - start != classes.Length)
        {
            return false;
        }

        for (var i = 0; i < classes.Length; i++)
        {
            if (_classes[start + i] != classes[i] || _counts[start + i] != counts[classes[i]])
            {
                return false;
            }
        }

        return true;
    }

    private void Grow()
    {
        _slots = new int[_slots.Length * 2];
        for (var profile = 0; profile < Count; profile++)
        {
            var slot = (int)(_hashes[profile] & (ulong)(_slots.Length - 1));
            while (_slots[slot] != 0)
            {
                slot = (slot + 1) & (_slots.Length - 1);
            }

            _slots[slot] = profile + 1;
        }
    }
}
