namespace LabelerService.Core.Aggregation.Spectral;

/// <summary>How often a labeler and another agree on the items they share.</summary>
/// <param name="Other">The other labeler; R stands for the known classes, who are a labeler that is always right.</param>
/// <param name="Shared">Items they share.</param>
/// <param name="Agreed">Of these, the items on which they agree.</param>
internal readonly record struct LabelerAgreement(int Other, int Shared, int Agreed);

/// <summary>
/// The sparse matrix of agreements, a row for each labeler. To stay linear in annotations, an annotation of an item with more than 33 is compared
/// with the 16 before and the 16 behind it, in the order of the table and around its end; and a labeler keeps the 512 others with whom
/// most items are shared.
/// </summary>
internal sealed class LabelerAgreements
{
    private const int Reach = 16;
    private const int MostOthers = 512;

    private readonly LabelerAgreement[][] _rows;

    /// <summary>Agreements counted elsewhere, a row for each labeler.</summary>
    internal LabelerAgreements(LabelerAgreement[][] rows) => _rows = rows;

    internal LabelerAgreements(AggregationInput input, Blocks blocks)
    {
        var table = input.Table;
        _rows = new LabelerAgreement[table.LabelerCount][];
        blocks.Run(table.LabelerCount, LabelerOrder.BlockSize, (first, last) =>
        {
            var (shared, agreed) = (new int[table.LabelerCount + 1], new int[table.LabelerCount + 1]);
            var touched = new List<int>();
            for (var r = first; r < last; r++)
            {
                foreach (var position in table.PositionsOfLabeler(r))
                {
                    Compare(input, position, shared, agreed, touched);
                }

                _rows[r] = Row(touched, shared, agreed);
                touched.Clear();
            }
        });
    }

    /// <summary>The others of a labeler, by ascending index.</summary>
    internal ReadOnlySpan<LabelerAgreement> Of(int labeler) => _rows[labeler];

    private static void Compare(AggregationInput input, int position, int[] shared, int[] agreed, List<int> touched)
    {
        var table = input.Table;
        var labelers = table.Labelers;
        var labels = table.Classes;
        var item = table.Items[position];
        var (start, end) = table.RangeOfItem(item);
        var (own, count) = (labels[position], end - start);
        var others = Math.Min(count - 1, 2 * Reach);
        var at = position - start;
        // All others, or as many before as behind.
        for (var step = 1; step <= others; step++)
        {
            var offset = others < count - 1 && step > Reach ? Reach - step : step;
            var i = start + ((at + offset + count) % count);
            Add(labelers[i], labels[i]);
        }

        if (input.IsGold(item, out var known))
        {
            Add(table.LabelerCount, known);
        }

        void Add(int other, int label)
        {
            if (other == input.Table.Labelers[position])
            {
                return;
            }

            if (shared[other]++ == 0)
            {
                touched.Add(other);
            }

            agreed[other] += label == own ? 1 : 0;
        }
    }

    // Empties the counts.
    private static LabelerAgreement[] Row(List<int> touched, int[] shared, int[] agreed)
    {
        var row = new LabelerAgreement[touched.Count];
        for (var i = 0; i < row.Length; i++)
        {
            var other = touched[i];
            row[i] = new LabelerAgreement(other, shared[other], agreed[other]);
            (shared[other], agreed[other]) = (0, 0);
        }

        if (row.Length > MostOthers)
        {
            Array.Sort(row, (one, two) => one.Shared != two.Shared ? two.Shared.CompareTo(one.Shared) : one.Other.CompareTo(two.Other));
            row = row[..MostOthers];
        }

        Array.Sort(row, (one, two) => one.Other.CompareTo(two.Other));
        return row;
    }
}
