using LabelerService.Core.Parallelism;

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
        touched.Sort();
        var (fewest, ofThose) = touched.Count > MostOthers ? Fewest(touched, shared) : (0, 0);
        var row = new LabelerAgreement[Math.Min(touched.Count, MostOthers)];
        var at = 0;
        foreach (var other in touched)
        {
            if (shared[other] > fewest || (shared[other] == fewest && ofThose-- > 0))
            {
                row[at++] = new LabelerAgreement(other, shared[other], agreed[other]);
            }

            (shared[other], agreed[other]) = (0, 0);
        }

        return row;
    }

    // The fewest common items of those that are kept, and how many of the others with just as many are.
    private static (int Fewest, int OfThose) Fewest(List<int> touched, int[] shared)
    {
        var counts = new int[touched.Count];
        for (var i = 0; i < counts.Length; i++)
        {
            counts[i] = shared[touched[i]];
        }

        Array.Sort(counts);
        var fewest = counts[^MostOthers];
        var more = counts.Length - 1 - Array.FindLastIndex(counts, count => count == fewest);
        return (fewest, MostOthers - more);
    }
}
