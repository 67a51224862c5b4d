using LabelerService.Core.Annotations;

namespace LabelerService.Core.Agreement;

/// <summary>How much pairs of chosen labelers agree, in the order in which the labelers are given.</summary>
public static class LabelerPairs
{
    /// <summary>All pairs among some labelers that share an item. Time is the number of the labelers' annotations times those of an item.</summary>
    /// <param name="table">The annotations.</param>
    /// <param name="labelers">Indexes of the labelers, each once.</param>
    /// <param name="scale">The scale; nominal leaves out the weighted κ.</param>
    /// <param name="cancellationToken">Checked once a labeler.</param>
    public static IReadOnlyList<LabelerPair> Among(
        AnnotationTable table, IReadOnlyList<int> labelers, AgreementScale scale, CancellationToken cancellationToken = default)
    {
        var tables = new PairTables(table, scale != AgreementScale.Nominal);
        var pairs = new List<LabelerPair>();
        for (var i = 0; i < labelers.Count; i++)
        {
            Add(pairs, tables, labelers[i], labelers.Skip(i + 1), cancellationToken);
        }

        return pairs;
    }

    /// <summary>A labeler's pairs with all others with whom it shares an item, by ascending index of the other.</summary>
    /// <param name="table">The annotations.</param>
    /// <param name="labeler">Index of the labeler: the first of each pair.</param>
    /// <param name="scale">The scale; nominal leaves out the weighted κ.</param>
    /// <param name="cancellationToken">Checked now and then.</param>
    public static IReadOnlyList<LabelerPair> Of(
        AnnotationTable table, int labeler, AgreementScale scale, CancellationToken cancellationToken = default)
    {
        var pairs = new List<LabelerPair>();
        Add(
            pairs, new PairTables(table, scale != AgreementScale.Nominal), labeler,
            Enumerable.Range(0, table.LabelerCount).Where(other => other != labeler), cancellationToken);
        return pairs;
    }

    private static void Add(List<LabelerPair> pairs, PairTables tables, int labeler, IEnumerable<int> others, CancellationToken cancellationToken)
    {
        foreach (var part in others.Chunk(tables.Capacity))
        {
            cancellationToken.ThrowIfCancellationRequested();
            tables.Fill(labeler, part);
            for (var slot = 0; slot < part.Length; slot++)
            {
                if (tables.Pair(labeler, part[slot], slot) is { SharedItems: > 0 } pair)
                {
                    pairs.Add(pair);
                }
            }
        }
    }
}
