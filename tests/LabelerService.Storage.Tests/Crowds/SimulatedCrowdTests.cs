using LabelerService.Core.Datasets;
using LabelerService.TestKit.Crowds;

namespace LabelerService.Storage.Tests.Crowds;

public sealed class SimulatedCrowdTests
{
    [Fact]
    public void The_same_options_give_the_same_crowd_and_another_seed_another()
    {
        var options = new SimulatedCrowdOptions { Items = 50 };
        var (one, two) = (SimulatedCrowd.Create(options), SimulatedCrowd.Create(options));
        Assert.Equal(one.Snapshot.Features.Load(), two.Snapshot.Features.Load());
        Assert.Equal(one.AnnotationWrites(), two.AnnotationWrites());
        Assert.NotEqual(one.AnnotationWrites(), SimulatedCrowd.Create(options with { Seed = 2 }).AnnotationWrites());
    }

    [Fact]
    public void Labelers_are_as_good_as_they_were_made()
    {
        double[] accuracies = [0.95, 0.75, 0.5, 0.3];
        var crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions { Items = 5000, Accuracies = accuracies, LabelsPerItem = 4 });
        var table = crowd.Snapshot.Annotations;
        for (var labeler = 0; labeler < accuracies.Length; labeler++)
        {
            var right = 0;
            foreach (var position in table.PositionsOfLabeler(labeler))
            {
                right += table.Classes[position] == crowd.Truth[table.Items[position]] ? 1 : 0;
            }

            // Four standard deviations of a proportion over 4,000 answers.
            Assert.InRange((double)right / table.CountOfLabeler(labeler), accuracies[labeler] - 0.032, accuracies[labeler] + 0.032);
        }
    }

    [Fact]
    public void Annotations_are_sparse_and_gold_is_only_where_it_should_be()
    {
        var crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions { Items = 100, LabelsPerItem = 3 });
        for (var i = 0; i < crowd.ItemCount; i++)
        {
            var (start, end) = crowd.Snapshot.Annotations.RangeOfItem(i);
            Assert.Equal(crowd.Snapshot.Splits[i] == Split.Test ? 0 : 3, end - start);
            Assert.Equal(crowd.Snapshot.Splits[i] == Split.Train ? -1 : crowd.Truth[i], crowd.Snapshot.Gold[i]);
        }

        Assert.Equal((60, 20, 20), (Count(Split.Train), Count(Split.Validation), Count(Split.Test)));

        int Count(Split split) => crowd.Snapshot.Splits.Count(s => s == split);
    }
}
