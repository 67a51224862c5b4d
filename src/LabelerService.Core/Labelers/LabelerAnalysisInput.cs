using LabelerService.Core.Aggregation;
using LabelerService.Core.Annotations;

namespace LabelerService.Core.Labelers;

/// <summary>What labelers are judged by.</summary>
/// <param name="Table">The annotations of N items by R labelers, K classes.</param>
/// <param name="Consensus">What an aggregation made of them: of the same items and classes.</param>
public sealed record LabelerAnalysisInput(AnnotationTable Table, Consensus Consensus)
{
    /// <summary>Known classes [N], −1 = unknown; empty = none. A known item counts as known here even where the consensus did not use it.</summary>
    public ReadOnlyMemory<int> Gold { get; init; }

    /// <summary>Whether labelers are judged by gold where there is any; otherwise it is only counted how often they name it.</summary>
    public bool JudgeByGold { get; init; } = true;

    /// <summary>
    /// When each annotation was made, in milliseconds since 1970 (UTC), aligned with the table's positions; <see cref="long.MinValue"/> =
    /// unknown; empty = all unknown.
    /// </summary>
    public ReadOnlyMemory<long> Times { get; init; }

    /// <summary>How long each annotation took, in milliseconds, aligned with the table's positions; −1 = unknown; empty = all unknown.</summary>
    public ReadOnlyMemory<int> DurationsMs { get; init; }

    /// <summary>A model's class distributions, row-major [N, K]; a row of zeros = it says nothing of the item; empty = no model.</summary>
    public ReadOnlyMemory<float> ModelProbabilities { get; init; }

    /// <summary>Names of the classes [K], for the sentences of evidence; empty: classes go by number.</summary>
    public IReadOnlyList<string> ClassNames { get; init; } = [];

    /// <summary>Names of the labelers [R], for the sentences of evidence; empty: labelers go by number.</summary>
    public IReadOnlyList<string> LabelerNames { get; init; } = [];

    internal string NameOfLabeler(int labeler) => LabelerNames.Count > labeler ? $"'{LabelerNames[labeler]}'" : FlagText.Of($"labeler {labeler}");

    internal string NameOf(int label) => ClassNames.Count > label ? $"'{ClassNames[label]}'" : FlagText.Of($"class {label}");

    internal int GoldOf(int item) => Gold.IsEmpty ? -1 : Gold.Span[item];

    internal int KnownOf(int item) => JudgeByGold ? GoldOf(item) : -1;

    internal long TimeOf(int position) => Times.IsEmpty ? long.MinValue : Times.Span[position];

    internal int DurationOf(int position) => DurationsMs.IsEmpty ? -1 : DurationsMs.Span[position];

    /// <summary>The model's likeliest class; −1 where it says nothing.</summary>
    internal int ModelClassOf(int item)
    {
        if (ModelProbabilities.IsEmpty)
        {
            return -1;
        }

        var row = ModelProbabilities.Span.Slice(item * Table.ClassCount, Table.ClassCount);
        var top = -1;
        for (var k = 0; k < row.Length; k++)
        {
            top = row[k] > (top < 0 ? 0 : row[top]) ? k : top;
        }

        return top;
    }

    internal void Check()
    {
        var (items, classes) = (Table.ItemCount, Table.ClassCount);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classes, nameof(Table));
        if (Consensus.ClassCount != classes || Consensus.ClassPrior.Length != classes)
        {
            throw new ArgumentException($"The consensus has {Consensus.ClassCount} classes, the annotations {classes}.", nameof(Consensus));
        }

        if (Consensus.Confusions is { } confusions && (confusions.ClassCount != classes || confusions.LabelerCount != Table.LabelerCount))
        {
            throw new ArgumentException("The consensus has the confusions of other labelers or classes.", nameof(Consensus));
        }

        ClassDistributions.CheckLength(Consensus.Posteriors.Length, items, classes, nameof(Consensus));
        CheckLength(Gold.Length, items, nameof(Gold));
        CheckLength(Times.Length, Table.Count, nameof(Times));
        CheckLength(DurationsMs.Length, Table.Count, nameof(DurationsMs));
        if (!ModelProbabilities.IsEmpty)
        {
            ClassDistributions.CheckLength(ModelProbabilities.Length, items, classes, nameof(ModelProbabilities));
        }

        foreach (var known in Gold.Span)
        {
            if (known < -1 || known >= classes)
            {
                throw new ArgumentException($"Known class {known} is outside [−1, {classes}).", nameof(Gold));
            }
        }
    }

    private static void CheckLength(int length, int expected, string name)
    {
        if (length != 0 && length != expected)
        {
            throw new ArgumentException($"{expected} values are needed, or none, not {length}.", name);
        }
    }
}
