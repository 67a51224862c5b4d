using LabelerService.Core.Annotations;

namespace LabelerService.Core.Aggregation;

/// <summary>What labelers said, and what else is known of the items: the input of every <see cref="IAggregator"/>.</summary>
/// <param name="Table">The annotations of N items by R labelers, K classes.</param>
public sealed record AggregationInput(AnnotationTable Table)
{
    /// <summary>
    /// Known classes [N], −1 = unknown; empty = none known. The posterior of a known item is fixed at its class, and the item teaches what
    /// its labelers are worth.
    /// </summary>
    public ReadOnlyMemory<int> Gold { get; init; }

    /// <summary>
    /// A model's class distributions, row-major [N, K]; a row of zeros = the model says nothing of the item; empty = no model. They must not
    /// come from a model trained on these items' annotations (out-of-fold predictions), or annotations would count twice.
    /// </summary>
    public ReadOnlyMemory<float> ModelProbabilities { get; init; }

    /// <summary>
    /// A consensus of an earlier state of the same data to start from (online update), with the same classes. Items and labelers go by index:
    /// new ones come after those it knows.
    /// </summary>
    public Consensus? Previous { get; init; }

    /// <summary>Whether the class of an item is known.</summary>
    /// <param name="item">Item in [0, N).</param>
    /// <param name="known">Its class, if known.</param>
    public bool IsGold(int item, out int known)
    {
        known = Gold.IsEmpty ? -1 : Gold.Span[item];
        return known >= 0;
    }

    /// <summary>Refuses what does not fit together; aggregators call it first.</summary>
    /// <exception cref="ArgumentException">Lengths or ranges do not fit the table.</exception>
    public void Check()
    {
        if (Table.ClassCount < 1)
        {
            throw new ArgumentException("Annotations of no class cannot be aggregated.", nameof(Table));
        }

        if (!Gold.IsEmpty)
        {
            ClassDistributions.CheckLength(Gold.Length, Table.ItemCount, 1, nameof(Gold));
            foreach (var known in Gold.Span)
            {
                if (known < -1 || known >= Table.ClassCount)
                {
                    throw new ArgumentException($"Known class {known} is outside [−1, {Table.ClassCount}).", nameof(Gold));
                }
            }
        }

        if (!ModelProbabilities.IsEmpty)
        {
            ClassDistributions.CheckLength(ModelProbabilities.Length, Table.ItemCount, Table.ClassCount, nameof(ModelProbabilities));
        }

        if (Previous is not null
            && (Previous.ClassCount != Table.ClassCount || Previous.Posteriors.Length > (long)Table.ItemCount * Table.ClassCount))
        {
            throw new ArgumentException("The previous consensus has other classes, or more items than there are.", nameof(Previous));
        }
    }
}
