using LabelerService.Core.Annotations;
using LabelerService.Core.Datasets;
using LabelerService.Core.Models;
using LabelerService.Core.Training;

namespace LabelerService.Core.Tests.Models;

public sealed class ModelDataSummaryTests
{
    [Fact]
    public void Only_annotations_of_training_items_count()
    {
        // Items: three to train on, one of them without annotations, one to validate, one to test.
        using var snapshot = Snapshot(
            [Split.Train, Split.Train, Split.Train, Split.Validation, Split.Test], [-1, 1, -1, 0, 2],
            [(0, 0, 0), (0, 1, 0), (0, 2, 2), (1, 0, 2), (3, 0, 1), (4, 3, 1)], labelers: 5);
        var summary = ModelDataSummary.Of(snapshot);
        Assert.Equal(
            (5L, 3L, 1L, 1L, 3L), (summary.ItemCount, summary.TrainItemCount, summary.ValidationItemCount, summary.TestItemCount, summary.GoldItemCount));
        Assert.Equal((2L, 4L, 3L), (summary.AnnotatedItemCount, summary.AnnotationCount, summary.LabelerCount));
        Assert.Equal([2L, 0, 2], summary.ClassAnnotationCounts);
        Assert.Equal(new CountSpread(1, 2, 3), summary.AnnotationsPerItem);
        Assert.Equal(new CountSpread(1, 1, 2), summary.AnnotationsPerLabeler);
    }

    [Fact]
    public void Nothing_gives_zeros()
    {
        using var snapshot = Snapshot([], [], [], labelers: 0);
        var summary = ModelDataSummary.Of(snapshot);
        Assert.Equal((0L, 0L, new CountSpread(0, 0, 0)), (summary.ItemCount, summary.AnnotationCount, summary.AnnotationsPerItem));
        Assert.Equal([0L, 0, 0], summary.ClassAnnotationCounts);
    }

    [Theory]
    [InlineData(new[] { 3, 1, 2 }, 1, 2, 3)]
    [InlineData(new[] { 4, 1 }, 1, 2.5, 4)]
    [InlineData(new[] { 0, 7, 0 }, 7, 7, 7)]
    [InlineData(new[] { int.MaxValue, int.MaxValue }, int.MaxValue, int.MaxValue, int.MaxValue)]
    public void The_spread_is_of_counts_above_zero(int[] counts, int min, double median, int max) =>
        Assert.Equal(new CountSpread(min, median, max), CountSpread.OfPositive(counts));

    private static TrainingSnapshot Snapshot(Split[] splits, int[] gold, (int Item, int Labeler, int Class)[] annotations, int labelers) => new()
    {
        Dataset = "d",
        SnapshotId = "s",
        Schema = new DatasetSchema(["a", "b", "c"], LabelKind.MultiClass, ItemKind.Vector, [1]),
        ItemIds = [.. splits.Select((_, i) => $"i{i}")],
        Features = new float[splits.Length],
        Splits = splits,
        Gold = gold,
        LabelerIds = [.. Enumerable.Range(0, labelers).Select(r => $"l{r}")],
        Annotations = new AnnotationTable(
            splits.Length, labelers, 3, [.. annotations.Select(a => a.Item)], [.. annotations.Select(a => a.Labeler)], [.. annotations.Select(a => a.Class)]),
    };
}
