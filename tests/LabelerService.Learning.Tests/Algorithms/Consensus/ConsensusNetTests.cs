using LabelerService.Core.Models;
using LabelerService.Learning.Tests.Data;
using LabelerService.Learning.Tests.Onnx;
using LabelerService.TestKit.Crowds;

namespace LabelerService.Learning.Tests.Algorithms.Consensus;

public sealed class ConsensusNetTests
{
    private static readonly double[] Accuracies = [0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5, 0.4];

    private static readonly SimulatedCrowd Crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions
    {
        Items = 1500,
        Dimensions = 8,
        Classes = 3,
        Accuracies = Accuracies,
        LabelsPerItem = 2,
        Separation = 3,
    });

    [Theory]
    [InlineData("discriminant")]
    [InlineData("random_features")]
    [InlineData("logistic")]
    [InlineData("net")]
    public void The_labelers_simulated_and_the_truth_are_found_again(string classifier)
    {
        var model = Crowd.Snapshot.Train("consensus", 1, $"classifier={classifier}", "rounds=8", "repeats=1", "random_units=100", "epochs=30", "hidden=16");
        var heads = model.Manifest.Heads;

        Assert.All(Accuracies.Zip(heads), pair => Assert.Equal(pair.First, pair.Second.EstimatedAccuracy, 0.1));
        Assert.True(heads[0].Weight > 3 * heads[6].Weight, $"{heads[0]} {heads[6]}");
        Assert.True(model.Metric("test", "accuracy") > 0.9);
        var right = model.ConsensusItems.Index().Count(pair =>
        {
            var row = model.Consensus.Skip(pair.Index * 3).Take(3).ToArray();
            return Array.IndexOf(row, row.Max()) == Crowd.Truth[pair.Item];
        });
        Assert.True(right > 0.93 * model.ConsensusItems.Count, $"{right} of {model.ConsensusItems.Count}");
    }

    [Fact]
    public void Whoever_comes_later_is_served_by_the_last_head_which_answers_like_everybody()
    {
        var model = Crowd.Snapshot.Train("consensus", 1, "rounds=8", "repeats=1");
        var shared = model.Manifest.Heads[^1];

        Assert.Null(shared.LabelerId);
        Assert.Equal(0, shared.Weight);
        Assert.Equal(Accuracies.Average(), shared.EstimatedAccuracy, 0.1);
    }

    [Theory]
    [InlineData("discriminant", 0.95, 0.85, 0.75, 0.65, 0.5, 0.35)]
    [InlineData("logistic", 0.6, 0.55, 0.5, 0.45)]
    public void With_one_label_an_item_the_features_tell_who_is_right(string classifier, params double[] accuracies)
    {
        var crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions { Items = 2_000, LabelsPerItem = 1, Accuracies = accuracies, TestShare = 0.3, ValidationShare = 0 });
        var model = crowd.Snapshot.Train("consensus", 1, $"classifier={classifier}", "rounds=8", "repeats=1");
        var right = model.ConsensusItems.Zip(model.Consensus.Chunk(3)).Count(pair => Array.IndexOf(pair.Second, pair.Second.Max()) == crowd.Truth[pair.First]);

        // Labels alone are right in 67 and 53 %.
        Assert.True(right > 0.93 * model.ConsensusItems.Count, $"{right} of {model.ConsensusItems.Count}");
        Assert.All(accuracies.Zip(model.Manifest.Heads), pair => Assert.Equal(pair.First, pair.Second.EstimatedAccuracy, 0.12));
        Assert.True(model.Metric("test", "log_loss") < 0.3);
    }

    [Fact]
    public void An_adversary_is_of_use()
    {
        double[][] good = [[0.85, 0.15], [0.15, 0.85]];
        double[][] adversary = [[0.05, 0.95], [0.95, 0.05]];
        double[][] spammer = [[0.5, 0.5], [0.5, 0.5]];
        var crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions
        {
            Items = 800,
            Classes = 2,
            Confusions = [good, good, good, adversary, spammer],
            LabelsPerItem = 2,
        });
        var heads = crowd.Snapshot.Train("consensus", 1, "rounds=8", "repeats=1").Manifest.Heads;

        Assert.True(heads[3].EstimatedAccuracy < 0.2, $"{heads[3]}");
        Assert.True(heads[3].Weight > heads.Take(3).Max(head => head.Weight), string.Join('\n', heads));
        Assert.True(heads[4].Weight < 0.1 * heads[3].Weight, string.Join('\n', heads));
    }

    [Fact]
    public void Ten_thousand_labelers_with_few_labels_each_train_and_do_no_worse_than_the_mean_label()
    {
        var crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions
        {
            Items = 12_500,
            Classes = 3,
            LabelsPerItem = 2,
            Dimensions = 6,
            Separation = 2.5,
            Accuracies = [.. Enumerable.Range(0, 10_000).Select(r => r % 3 == 0 ? 0.4 : 0.75)],
        });
        var consensus = crowd.Snapshot.Train("consensus", 1, "rounds=5", "repeats=1");
        var bn = crowd.Snapshot.Train("bn", 1, "epochs=5", "hidden=16");

        Assert.True(
            consensus.Metric("test", "accuracy") >= bn.Metric("test", "accuracy") - 0.01,
            $"{consensus.Metric("test", "accuracy")} {bn.Metric("test", "accuracy")}");
        Assert.All(consensus.Manifest.Heads, head => Assert.True(double.IsFinite(head.Weight) && double.IsFinite(head.EstimatedAccuracy)));
    }

    /// <summary>Rescaling features as a whole changes nothing that matters: no setting hides a unit of measurement.</summary>
    [Theory]
    [InlineData("discriminant")]
    [InlineData("logistic")]
    public void Features_in_other_units_give_the_same_answers(string classifier)
    {
        string[] settings = [$"classifier={classifier}", "feature_transform=none", "rounds=4", "repeats=1"];
        var scaled = Crowd.Snapshot.WithFeatures(Array.ConvertAll(Crowd.Snapshot.Features.Load(), value => value * 64));
        var one = Served.Run(Crowd.Snapshot.Train("consensus", 1, settings).Onnx, ServingGraph.Probabilities, Crowd.Snapshot.Features.Load(), 8);
        var other = Served.Run(scaled.Train("consensus", 1, settings).Onnx, ServingGraph.Probabilities, scaled.Features.Load(), 8);

        Assert.All(one.Zip(other), pair => Assert.Equal(pair.First, pair.Second, 0.02f));
    }
}
