using LabelerService.Core.Aggregation;
using LabelerService.Core.Metrics;
using LabelerService.Core.Tests.Data;

namespace LabelerService.Core.Tests.Aggregation;

public sealed class CrossFittedConfusionsTests
{
    private static readonly double[] Careful = [0.9, 0.1, 0.1, 0.9];
    private static readonly double[] Biased = [0.5, 0.5, 0.1, 0.9];

    [Fact]
    public void Every_fold_finds_the_labelers_ways()
    {
        var crowd = CrowdLabels.Simulate(1500, 2, 2, [Careful, Biased], seed: 3);

        var fitted = CrossFittedConfusions.Fit(crowd.Table, Predictions(crowd, 0.85), seed: 1);

        Assert.Equal(5, fitted.FoldCount);
        for (var item = 0; item < 20; item++)
        {
            Assert.Equal(0.9, fitted.Without(item).Probability(0, 0, 0), 0.1);
            Assert.Equal(0.5, fitted.Without(item).Probability(1, 0, 0), 0.1);
        }
    }

    [Fact]
    public void Annotations_of_a_fold_have_no_say_in_its_confusions()
    {
        var crowd = CrowdLabels.Simulate(200, 2, 2, [Careful, Biased], seed: 3);
        var prior = Predictions(crowd, 0.85);
        var fitted = CrossFittedConfusions.Fit(crowd.Table, prior, seed: 1);

        // Item 0 and its whole fold say the opposite.
        var fold = fitted.FoldOf(0);
        var turned = Tables.Of(200, 2, 2, [
            .. Enumerable.Range(0, crowd.Table.Count).Select(i => (
                crowd.Table.Items[i], crowd.Table.Labelers[i],
                fitted.FoldOf(crowd.Table.Items[i]) == fold ? 1 - crowd.Table.Classes[i] : crowd.Table.Classes[i]))]);
        var again = CrossFittedConfusions.Fit(turned, prior, seed: 1);

        Assert.Equal(fitted.Without(0).Matrix(1), again.Without(0).Matrix(1));
        var other = Enumerable.Range(0, 200).First(item => fitted.FoldOf(item) != fold);
        Assert.NotEqual(fitted.Without(other).Matrix(1), again.Without(other).Matrix(1));
    }

    [Fact]
    public void Folds_are_balanced_and_follow_the_seed()
    {
        var crowd = CrowdLabels.Simulate(103, 2, 2, [Careful, Biased], seed: 3);
        int[] Folds(int seed)
        {
            var fitted = CrossFittedConfusions.Fit(crowd.Table, Predictions(crowd, 0.8), seed);
            return [.. Enumerable.Range(0, 103).Select(fitted.FoldOf)];
        }

        var sizes = Folds(1).CountBy(fold => fold).Select(pair => pair.Value);
        Assert.Equal([20, 20, 21, 21, 21], sizes.Order());
        Assert.Equal(Folds(1), Folds(1));
        Assert.NotEqual(Folds(1), Folds(2));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Few_items_give_finite_numbers(int annotated)
    {
        var table = Tables.Of(3, 1, 2, [.. Enumerable.Range(0, annotated).Select(item => (item, 0, 1))]);
        var fitted = CrossFittedConfusions.Fit(table, [0.5, 0.5, 1, 0, 0.2, 0.8], seed: 1);

        var sample = new HeldOutLabelers([0.5f, 0.5f, 1, 0, 0.2f, 0.8f], table, fitted);

        Assert.Equal(annotated, sample.Count);
        Assert.Equal(annotated == 0, double.IsNaN(sample.LogLikelihood()));
    }

    [Fact]
    public void The_better_predictions_explain_the_annotations_better()
    {
        var crowd = CrowdLabels.Simulate(600, 2, 2, [Careful, Biased], seed: 5);
        double LogLikelihood(double confidence, int wrongEvery)
        {
            var prior = Predictions(crowd, confidence, wrongEvery);
            return new HeldOutLabelers(
                ClassDistributions.ToSingle(prior), crowd.Table, CrossFittedConfusions.Fit(crowd.Table, prior, seed: 1)).LogLikelihood();
        }

        Assert.True(LogLikelihood(0.9, wrongEvery: 20) > LogLikelihood(0.9, wrongEvery: 4));
        Assert.True(LogLikelihood(0.9, wrongEvery: 4) > LogLikelihood(0.5, wrongEvery: 4));
    }

    [Fact]
    public void Predictions_for_other_items_are_refused()
    {
        var table = Tables.Of(2, 1, 2, (0, 0, 1), (1, 0, 0));
        var fitted = CrossFittedConfusions.Fit(table, [0.5, 0.5, 0.5, 0.5], seed: 1);

        Assert.Throws<ArgumentException>(() => CrossFittedConfusions.Fit(table, [0.5, 0.5], seed: 1));
        Assert.Throws<ArgumentException>(() => new HeldOutLabelers([1, 0, 1, 0, 1, 0], Tables.Of(3, 1, 2, (0, 0, 1)), fitted));
    }

    // Predicts the truth with the given confidence, but another class for every so many items.
    private static double[] Predictions(CrowdLabels crowd, double confidence, int wrongEvery = 10) =>
    [
        .. crowd.Gold.SelectMany((gold, n) =>
            ((n % wrongEvery == 0 ? 1 - gold : gold) == 0) ? new[] { confidence, 1 - confidence } : [1 - confidence, confidence]),
    ];
}
