using LabelerService.Core.Annotations;
using LabelerService.Core.Models;
using LabelerService.Learning.Tests.Data;
using LabelerService.Learning.Tests.Onnx;
using LabelerService.TestKit.Crowds;

namespace LabelerService.Learning.Tests.Training;

/// <summary>Simulated labelers of known accuracy on a problem that can be solved: the truth is to be found again.</summary>
public sealed class RecoveryTests
{
    private static readonly double[] Accuracies = [0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5];

    private static readonly SimulatedCrowd Crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions
    {
        Items = 2500,
        Dimensions = 8,
        Classes = 3,
        Accuracies = Accuracies,
        LabelsPerItem = 3,
        Separation = 4,
    });

    [Fact]
    public void Estimated_accuracies_are_those_the_labelers_were_simulated_with()
    {
        var heads = Crowd.Snapshot.Train("dn", 1, "epochs=30", "hidden=32").Manifest.Heads;

        Assert.All(Accuracies.Zip(heads), pair => Assert.Equal(pair.First, pair.Second.EstimatedAccuracy, 0.08));
    }

    /// <summary>
    /// Errors at random leave every head with the right top class, so weights only set how sure the mixture is: it comes to be as sure as
    /// labels are right, which the plain mean need not be.
    /// </summary>
    [Fact]
    public void The_weighted_net_is_at_least_as_good_as_the_plain_mean()
    {
        var dn = Crowd.Snapshot.Train("dn", 1, "epochs=30", "hidden=32");
        var wdn = Crowd.Snapshot.Train("wdn", 1, "epochs=30", "hidden=32");

        Assert.Equal(1, wdn.Manifest.Heads.Sum(head => head.Weight), 1e-5);
        Assert.All(dn.Manifest.Heads.SkipLast(1), head => Assert.Equal(0.1, head.Weight, 1e-6));
        Assert.True(wdn.Metric("test", "accuracy") >= dn.Metric("test", "accuracy") - 0.002);
        Assert.True(wdn.Metric("test", "log_loss") < dn.Metric("test", "log_loss"));
        Assert.True(wdn.Metric("test", "accuracy") > 0.95);
    }

    [Fact]
    public void Labelers_whose_errors_go_one_way_get_less_than_their_equal_share_of_the_weight()
    {
        var crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions
        {
            Items = 1500,
            Confusions = [.. ((double[])[0.9, 0.85, 0.9, 0.85, 0.3, 0.2]).Select(Shifting)],
            LabelsPerItem = 2,
        });
        var heads = crowd.Snapshot.Train("wdn", 1, "epochs=30", "hidden=32", "averaging_epochs=40").Manifest.Heads;

        Assert.True(heads.Skip(4).Take(2).Sum(head => head.Weight) < 0.75 * 2 / 6, string.Join('\n', heads));
        Assert.True(heads.Take(4).Min(head => head.EstimatedAccuracy) > heads.Skip(4).Take(2).Max(head => head.EstimatedAccuracy) + 0.3);

        // Right with this chance, otherwise the next class.
        static double[][] Shifting(double accuracy) =>
            [[accuracy, 1 - accuracy, 0], [0, accuracy, 1 - accuracy], [1 - accuracy, 0, accuracy]];
    }

    [Fact]
    public void A_labeler_who_is_always_wrong_in_the_same_way_gets_next_to_no_weight()
    {
        double[][] good = [[0.9, 0.1], [0.1, 0.9]];
        double[][] adversary = [[0.05, 0.95], [0.95, 0.05]];
        var crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions
        {
            Items = 800,
            Classes = 2,
            Confusions = [good, good, good, adversary],
            LabelsPerItem = 2,
        });
        var heads = crowd.Snapshot.Train("wdn", 1, "epochs=30", "hidden=16", "averaging_epochs=40").Manifest.Heads;

        Assert.True(heads[3].EstimatedAccuracy < 0.3, $"{heads[3]}");
        Assert.True(heads[3].Weight < 0.25 * heads.Take(3).Min(head => head.Weight), $"{heads[3]}");
    }

    [Theory]
    [InlineData("bn")]
    [InlineData("dn")]
    [InlineData("wdn")]
    [InlineData("iwdn")]
    [InlineData("biwdn")]
    public void The_order_of_the_labelers_does_not_matter(string algorithm)
    {
        var crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions { Items = 150 });
        var table = crowd.Snapshot.Annotations;
        int[] position = [7, 2, 9, 0, 5, 1, 8, 3, 6, 4];
        var ids = new string[10];
        for (var r = 0; r < 10; r++)
        {
            ids[position[r]] = crowd.Snapshot.LabelerIds[r];
        }

        var permuted = crowd.Snapshot.With(labelerIds: ids, annotations: new AnnotationTable(
            table.ItemCount, 10, table.ClassCount, table.Items, [.. table.Labelers.ToArray().Select(r => position[r])], table.Classes));
        var one = crowd.Snapshot.Train(algorithm, 3, "epochs=5");
        var other = permuted.Train(algorithm, 3, "epochs=5");

        var features = crowd.Snapshot.Features;
        var expected = Served.Run(one.Onnx, ServingGraph.Probabilities, features, 8);
        var actual = Served.Run(other.Onnx, ServingGraph.Probabilities, features, 8);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 2e-3f));
        foreach (var head in one.Manifest.Heads)
        {
            var same = other.Manifest.Heads.Single(candidate => candidate.LabelerId == head.LabelerId);
            Assert.Equal(head.AnnotationCount, same.AnnotationCount);
            Assert.Equal(head.Weight, same.Weight, 1e-3);
            Assert.Equal(head.EstimatedAccuracy, same.EstimatedAccuracy, 2e-3);
        }
    }
}
