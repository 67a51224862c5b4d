namespace LabelerService.Core.Annotations;

/// <summary>
/// The annotations of a dataset in sparse form, readable by item and by labeler. Size is linear in the number of
/// annotations; nothing of size items × labelers is ever built. Immutable.
/// </summary>
public sealed class AnnotationTable
{
    private readonly int[] _items;
    private readonly int[] _labelers;
    private readonly int[] _classes;
    private readonly int[] _itemOffsets;
    private readonly int[] _labelerOffsets;
    private readonly int[] _byLabeler;

    /// <summary>Builds the table from parallel arrays, one entry an annotation, in any order.</summary>
    /// <param name="itemCount">Number of items N.</param>
    /// <param name="labelerCount">Number of labelers R.</param>
    /// <param name="classCount">Number of classes K.</param>
    /// <param name="items">Item index in [0, N) of each annotation.</param>
    /// <param name="labelers">Labeler index in [0, R) of each annotation.</param>
    /// <param name="classes">Class index in [0, K) of each annotation.</param>
    /// <exception cref="ArgumentException">Arrays of different length or an index out of range.</exception>
    public AnnotationTable(
        int itemCount, int labelerCount, int classCount, ReadOnlySpan<int> items, ReadOnlySpan<int> labelers, ReadOnlySpan<int> classes)
    {
        if (items.Length != labelers.Length || items.Length != classes.Length)
        {
            throw new ArgumentException("The arrays of items, labelers and classes must be of one length.", nameof(items));
        }

        ItemCount = itemCount;
        LabelerCount = labelerCount;
        ClassCount = classCount;
        CheckRange(items, itemCount, nameof(items));
        CheckRange(labelers, labelerCount, nameof(labelers));
        CheckRange(classes, classCount, nameof(classes));

        // Counting sort by item, stable, so that equal input gives equal output bit for bit.
        _itemOffsets = Offsets(items, itemCount);
        var count = items.Length;
        _items = new int[count];
        _labelers = new int[count];
        _classes = new int[count];
        var next = _itemOffsets.AsSpan(0, itemCount).ToArray();
        for (var i = 0; i < count; i++)
        {
            var at = next[items[i]]++;
            _items[at] = items[i];
            _labelers[at] = labelers[i];
            _classes[at] = classes[i];
        }

        _labelerOffsets = Offsets(_labelers, labelerCount);
        _byLabeler = new int[count];
        next = _labelerOffsets.AsSpan(0, labelerCount).ToArray();
        for (var i = 0; i < count; i++)
        {
            _byLabeler[next[_labelers[i]]++] = i;
        }
    }

    /// <summary>Number of annotations.</summary>
    public int Count => _items.Length;

    /// <summary>Number of items N, with and without annotations.</summary>
    public int ItemCount { get; }

    /// <summary>Number of labelers R, with and without annotations.</summary>
    public int LabelerCount { get; }

    /// <summary>Number of classes K.</summary>
    public int ClassCount { get; }

    /// <summary>Item index of each annotation; annotations are ordered by item.</summary>
    public ReadOnlySpan<int> Items => _items;

    /// <summary>Labeler index of each annotation.</summary>
    public ReadOnlySpan<int> Labelers => _labelers;

    /// <summary>Class index of each annotation.</summary>
    public ReadOnlySpan<int> Classes => _classes;

    /// <summary>The annotations of one item: positions [start, end) in <see cref="Items"/>, <see cref="Labelers"/> and <see cref="Classes"/>.</summary>
    public (int Start, int End) RangeOfItem(int item) => (_itemOffsets[item], _itemOffsets[item + 1]);

    /// <summary>The positions of one labeler's annotations, by ascending item.</summary>
    public ReadOnlySpan<int> PositionsOfLabeler(int labeler) =>
        _byLabeler.AsSpan(_labelerOffsets[labeler], _labelerOffsets[labeler + 1] - _labelerOffsets[labeler]);

    /// <summary>Number of annotations of one labeler.</summary>
    public int CountOfLabeler(int labeler) => _labelerOffsets[labeler + 1] - _labelerOffsets[labeler];

    private static int[] Offsets(ReadOnlySpan<int> keys, int keyCount)
    {
        var offsets = new int[keyCount + 1];
        foreach (var key in keys)
        {
            offsets[key + 1]++;
        }

        for (var i = 0; i < keyCount; i++)
        {
            offsets[i + 1] += offsets[i];
        }

        return offsets;
    }

    private static void CheckRange(ReadOnlySpan<int> values, int bound, string name)
    {
        foreach (var value in values)
        {
            if ((uint)value >= (uint)bound)
            {
                throw new ArgumentException($"Index {value} is outside [0, {bound}).", name);
            }
        }
    }
}
