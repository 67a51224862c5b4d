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

        var features = crowd.Snapshot.Features.Load();
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

    /// <summary>Two hundred labelers with five labels each: heads of their own must not cost what the pooled labels give.</summary>
    [Fact]
    public void Where_labelers_labelled_little_heads_of_their_own_do_no_harm()
    {
        var random = new Random(1);
        var crowds = Enumerable.Range(1, 3).Select(seed => SimulatedCrowd.Create(new SimulatedCrowdOptions
        {
            Seed = seed,
            Items = 1400,
            Dimensions = 10,
            Classes = 4,
            Accuracies = [.. Enumerable.Range(0, 200).Select(_ => 0.5 + (0.4 * random.NextDouble()))],
            LabelsPerItem = 2,
            Separation = 2,
            ValidationShare = 0,
            TestShare = 900.0 / 1400,
        })).ToArray();
        var bn = Mean("bn");

        Assert.True(Mean("dn") >= bn - 0.01, $"BN {bn}");
        Assert.True(Mean("wdn", "weight_resamples=0") >= bn - 0.01, $"BN {bn}");

        double Mean(string algorithm, params string[] settings) => crowds.Average(
            crowd => crowd.Snapshot.Train(algorithm, 1, [.. settings, "held_out_share=0"]).Metric("test", "accuracy"));
    }

    [Theory]
    [InlineData("dn")]
    [InlineData("wdn")]
    public void Ten_thousand_labelers_can_be_trained(string algorithm)
    {
        var random = new Random(2);
        var crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions
        {
            Items = 1500,
            Accuracies = [.. Enumerable.Range(0, 10_000).Select(_ => 0.5 + (0.4 * random.NextDouble()))],
            LabelsPerItem = 40,
            Separation = 4,
        });
        var model = crowd.Snapshot.Train(
            algorithm, 1, algorithm == "wdn" ? ["epochs=10", "learning_rate=0.01", "hidden=8", "averaging_epochs=1"] : ["epochs=10", "learning_rate=0.01", "hidden=8"]);

        Assert.InRange(model.Manifest.Heads.Count, 9000, 10_001);
        Assert.True(model.Metric("test", "accuracy") > 0.9);
    }

    [Fact]
    public void Weights_have_intervals_that_contain_them_and_labels_can_be_counted_instead()
    {
        var learnt = Crowd.Snapshot.Train("wdn", 1, "epochs=3", "hidden=8", "weight_resamples=20").Manifest.Heads;
        Assert.All(learnt, head => Assert.InRange(head.Weight, head.WeightLow!.Value - 1e-6, head.WeightHigh!.Value + 1e-6));
        Assert.True(learnt.Max(head => head.WeightHigh - head.WeightLow) > 1e-4);

        var counted = Crowd.Snapshot.Train("wdn", 1, "epochs=1", "hidden=8", "averaging=label_count").Manifest.Heads;
        var labels = counted.SkipLast(1).Sum(head => head.AnnotationCount);
        Assert.All(counted.SkipLast(1), head => Assert.Equal((double)head.AnnotationCount / labels, head.Weight, 1e-5));
        Assert.Null(counted[0].WeightLow);
    }

    [Fact]
    public void Cumulative_heads_serve_ordered_classes_and_refuse_others()
    {
        var error = Assert.Throws<Core.Errors.ServiceException>(() => Crowd.Snapshot.Train("dn", 1, "head=cumulative"));
        Assert.Equal("CLASSES_NOT_ORDERED", error.Reason);

        var schema = Crowd.Schema with { LabelKind = Core.Datasets.LabelKind.Ordinal };
        foreach (var mixing in (string[])["linear", "log_linear"])
        {
            var model = Crowd.Snapshot.With(schema: schema).Train("iwdn", 1, "head=cumulative", $"mixing={mixing}", "epochs=10", "hidden=16");
            Assert.True(model.Metric("test", "accuracy") > 0.8);
        }
    }
}
