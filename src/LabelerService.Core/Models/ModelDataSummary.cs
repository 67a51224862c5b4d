using LabelerService.Core.Datasets;
using LabelerService.Core.Training;

namespace LabelerService.Core.Models;

/// <summary>The data that a model version was trained on, in numbers. Annotations are those of training items.</summary>
public sealed record ModelDataSummary
{
    /// <summary>Items of the snapshot in all splits.</summary>
    public required long ItemCount { get; init; }

    /// <summary>Training items.</summary>
    public required long TrainItemCount { get; init; }

    /// <summary>Validation items.</summary>
    public required long ValidationItemCount { get; init; }

    /// <summary>Test items.</summary>
    public required long TestItemCount { get; init; }

    /// <summary>Items in all splits whose gold class is known.</summary>
    public required long GoldItemCount { get; init; }

    /// <summary>Training items with at least one annotation.</summary>
    public required long AnnotatedItemCount { get; init; }

    /// <summary>Annotations of training items.</summary>
    public required long AnnotationCount { get; init; }

    /// <summary>Labelers with at least one annotation of a training item.</summary>
    public required long LabelerCount { get; init; }

    /// <summary>Annotations of training items by class [K].</summary>
    public required IReadOnlyList<long> ClassAnnotationCounts { get; init; }

    /// <summary>How many annotations an annotated training item has.</summary>
    public required CountSpread AnnotationsPerItem { get; init; }

    /// <summary>How many annotations of training items a labeler has, over those who have some.</summary>
    public required CountSpread AnnotationsPerLabeler { get; init; }

    /// <summary>Counts a snapshot.</summary>
    public static ModelDataSummary Of(TrainingSnapshot snapshot)
    {
        var table = snapshot.Annotations;
        var classes = new long[table.ClassCount];
        var items = new int[table.ItemCount];
        var labelers = new int[table.LabelerCount];
        for (var i = 0; i < table.Count; i++)
        {
            if (snapshot.Splits[table.Items[i]] == Split.Train)
            {
                classes[table.Classes[i]]++;
                items[table.Items[i]]++;
                labelers[table.Labelers[i]]++;
            }
        }

        var perItem = CountSpread.OfPositive(items);
        var perLabeler = CountSpread.OfPositive(labelers);
        return new ModelDataSummary
        {
            ItemCount = snapshot.ItemIds.Length,
            TrainItemCount = snapshot.Splits.Count(split => split == Split.Train),
            ValidationItemCount = snapshot.Splits.Count(split => split == Split.Validation),
            TestItemCount = snapshot.Splits.Count(split => split == Split.Test),
            GoldItemCount = snapshot.Gold.Count(gold => gold >= 0),
            AnnotatedItemCount = items.Count(count => count > 0),
            AnnotationCount = classes.Sum(),
            LabelerCount = labelers.Count(count => count > 0),
            ClassAnnotationCounts = classes,
            AnnotationsPerItem = perItem,
            AnnotationsPerLabeler = perLabeler,
        };
    }
}

/// <summary>How counts are spread.</summary>
/// <param name="Min">The smallest; 0 where there are none.</param>
/// <param name="Median">The middle one, or the mean of the two in the middle; 0 where there are none.</param>
/// <param name="Max">The largest; 0 where there are none.</param>
public sealed record CountSpread(int Min, double Median, int Max)
{
    /// <summary>The spread of those counts that are above 0.</summary>
    public static CountSpread OfPositive(IEnumerable<int> counts)
    {
        int[] sorted = [.. counts.Where(count => count > 0).Order()];
        return sorted.Length == 0
            ? new CountSpread(0, 0, 0)
            : new CountSpread(sorted[0], ((double)sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2, sorted[^1]);
    }
}
