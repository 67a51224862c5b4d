namespace LabelerService.Core.Annotations;

/// <summary>
/// Labelers who are connected by items they share, directly or through others: the components of the graph of labelers and items
/// (union–find, cost nearly linear in annotations). Labelers without annotations belong to none.
/// </summary>
internal sealed class LabelerGroups
{
    private readonly int[] _groups;

    private LabelerGroups(int[] groups, int count, int largest)
    {
        _groups = groups;
        Count = count;
        Largest = largest;
    }

    /// <summary>Number of groups.</summary>
    internal int Count { get; }

    /// <summary>Labelers in the largest group.</summary>
    internal int Largest { get; }

    /// <summary>Group of each labeler [R] in [0, Count), numbered by their first labelers; −1 without annotations.</summary>
    internal ReadOnlySpan<int> Groups => _groups;

    internal static LabelerGroups Of(AnnotationTable table)
    {
        var parents = new int[table.LabelerCount];
        for (var r = 0; r < parents.Length; r++)
        {
            parents[r] = r;
        }

        var labelers = table.Labelers;
        for (var n = 0; n < table.ItemCount; n++)
        {
            var (start, end) = table.RangeOfItem(n);
            for (var i = start + 1; i < end; i++)
            {
                var (one, other) = (Root(parents, labelers[start]), Root(parents, labelers[i]));
                // The lower index becomes the root, so that the numbering follows the labelers.
                parents[Math.Max(one, other)] = Math.Min(one, other);
            }
        }

        var groups = new int[parents.Length];
        var sizes = new List<int>();
        for (var r = 0; r < parents.Length; r++)
        {
            var root = Root(parents, r);
            groups[r] = table.CountOfLabeler(r) == 0 ? -1 : root == r ? sizes.Count : groups[root];
            if (groups[r] == sizes.Count)
            {
                sizes.Add(0);
            }

            if (groups[r] >= 0)
            {
                sizes[groups[r]]++;
            }
        }

        return new LabelerGroups(groups, sizes.Count, sizes.Count == 0 ? 0 : sizes.Max());
    }

    private static int Root(int[] parents, int at)
    {
        while (parents[at] != at)
        {
            parents[at] = parents[parents[at]];
            at = parents[at];
        }

        return at;
    }
}
