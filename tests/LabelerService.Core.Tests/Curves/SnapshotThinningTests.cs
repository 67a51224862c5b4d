using LabelerService.Core.Annotations;
using LabelerService.Core.Curves;
using LabelerService.Core.Datasets;
using LabelerService.Core.Training;

namespace LabelerService.Core.Tests.Curves;

public class SnapshotThinningTests
{
    private const int Items = 300;
    private const int Labelers = 9;

    [Fact]
    public void Smaller_parts_are_parts_of_larger_ones()
    {
        var snapshot = Snapshot();
        foreach (var seed in new[] { 1L, 2L })
        {
            var before = new HashSet<(int, int, int)>();
            foreach (var (items, labels) in new[] { (0.05, 0.3), (0.05, 0.5), (0.4, 0.5), (0.4, 1.0), (1.0, 1.0) })
            {
                var now = Annotations(snapshot.Thinned(items, labels, seed));
                Assert.ProperSuperset(before, now);
                before = now;
            }
        }

        Assert.NotEqual(Annotations(snapshot.Thinned(0.4, 1, 1)), Annotations(snapshot.Thinned(0.4, 1, 2)));
        Assert.Equal(Annotations(snapshot.Thinned(0.4, 0.5, 1)), Annotations(snapshot.Thinned(0.4, 0.5, 1)));
    }

    [Fact]
    public void Shares_are_what_they_say_and_other_splits_stay()
    {
        var snapshot = Snapshot();
        var whole = snapshot.TrainingSize();
        var part = snapshot.Thinned(0.25, 0.5, 3);
        Assert.Equal((long)Math.Ceiling(whole.Items * 0.25), part.TrainingSize().Items);

        // Each item has 1 to 6 labels; those of one keep it. Rounding, the rest being the same items, has a standard error of 0.03.
        var singles = Enumerable.Range(0, Items).Count(n => n % 6 == 0 && part.Splits[n] == Split.Train) / (double)whole.Items;
        Assert.Equal((0.5 * whole.LabelsPerItem) + (0.5 * singles), snapshot.Thinned(1, 0.5, 3).TrainingSize().LabelsPerItem, 0.1);
        Assert.Equal(Annotations(snapshot).Where(NotTraining), Annotations(part).Where(NotTraining));
        Assert.NotEqual(snapshot.SnapshotId, part.SnapshotId);
        Assert.NotEqual(part.SnapshotId, snapshot.Thinned(0.25, 0.5, 4).SnapshotId);
        Assert.Same(snapshot.Features, part.Features);
        Assert.Same(snapshot, snapshot.Thinned(1, 1, 5));

        bool NotTraining((int Item, int, int) annotation) => snapshot.Splits[annotation.Item] != Split.Train;
    }

    [Fact]
    public void Without_gold_models_are_measured_by_the_labels_of_the_other_splits()
    {
        var snapshot = Snapshot();
        var measured = snapshot.MeasuredByAnnotations();
        Assert.Equal(snapshot.TrainingSize(), measured.TrainingSize());
        var item = Enumerable.Range(0, Items).First(n => snapshot.Splits[n] == Split.Test && n % 6 == 0);
        var (start, _) = snapshot.Annotations.RangeOfItem(item);
        Assert.Equal(snapshot.Annotations.Classes[start], measured.Gold[item]);
        Assert.All(Enumerable.Range(0, Items).Where(n => measured.Splits[n] == Split.Train), n => Assert.Equal(-1, measured.Gold[n]));
        Assert.DoesNotContain(Split.Validation, measured.Splits);
    }

    [Fact]
    public void Without_gold_and_other_splits_a_fifth_is_set_aside_and_a_tie_is_no_answer()
    {
        var snapshot = Snapshot(onlyTraining: true);
        var measured = snapshot.MeasuredByAnnotations();
        Assert.Equal(Items / 5, measured.Splits.Count(split => split == Split.Test));
        Assert.Equal(Items - (Items / 5), measured.TrainingSize().Items);
        foreach (var item in Enumerable.Range(0, Items).Where(n => measured.Splits[n] == Split.Test))
        {
            var (start, end) = snapshot.Annotations.RangeOfItem(item);
            var votes = snapshot.Annotations.Classes[start..end].ToArray().CountBy(named => named).OrderByDescending(vote => vote.Value).ToArray();
            var tie = votes.Length > 1 && votes[0].Value == votes[1].Value;
            Assert.Equal(tie ? -1 : votes[0].Key, measured.Gold[item]);
        }
    }

    private static HashSet<(int, int, int)> Annotations(TrainingSnapshot snapshot)
    {
        var table = snapshot.Annotations;
        return [.. Enumerable.Range(0, table.Count).Select(a => (table.Items[a], table.Labelers[a], table.Classes[a]))];
    }

    private static TrainingSnapshot Snapshot(bool onlyTraining = false)
    {
        var random = new Random(3);
        var (items, labelers, classes) = (new List<int>(), new List<int>(), new List<int>());
        for (var item = 0; item < Items; item++)
        {
            foreach (var labeler in Enumerable.Range(0, Labelers).OrderBy(_ => random.Next()).Take((item % 6) + 1))
            {
                items.Add(item);
                labelers.Add(labeler);
                classes.Add(random.Next(3));
            }
        }

        return new TrainingSnapshot
        {
            Dataset = "d",
            SnapshotId = "whole",
            Schema = new DatasetSchema(["a", "b", "c"], LabelKind.MultiClass, ItemKind.Vector, [1]),
            ItemIds = [.. Enumerable.Range(0, Items).Select(n => $"i{n}")],
            Features = new float[Items],
            Splits = [.. Enumerable.Range(0, Items).Select(n => onlyTraining ? Split.Train : (Split)((n / 6 % 3) + 1))],
            Gold = [.. Enumerable.Repeat(-1, Items)],
            LabelerIds = [.. Enumerable.Range(0, Labelers).Select(r => $"l{r}")],
            Annotations = new AnnotationTable(Items, Labelers, 3, [.. items], [.. labelers], [.. classes]),
        };
    }
}
