using CsCheck;
using LabelerService.Core.Aggregation;
using LabelerService.Core.Metrics;
using LabelerService.Core.Tests.Aggregation;
using LabelerService.Core.Tests.Data;

namespace LabelerService.Core.Tests.Metrics;

public sealed class HeldOutLabelersTests
{
    private static readonly LabelerConfusions Confusions =
        LabelerConfusions.FromMatrices(2, [0.9, 0.1, 0.2, 0.8, 0.6, 0.4, 0.3, 0.7], [0.7, 0.3, 0.3, 0.7]);

    [Fact]
    public void Values_agree_with_those_worked_out_by_hand()
    {
        // Item 1 has no annotations; labeler 2 is unknown to the confusions.
        var table = Tables.Of(3, 3, 2, (0, 0, 0), (0, 1, 1), (2, 2, 1));
        var sample = new HeldOutLabelers([0.75f, 0.25f, 0.5f, 0.5f, 0.25f, 0.75f], table, Confusions);

        Assert.Equal(2, sample.Count);
        Assert.Equal([0, 2], sample.Items.ToArray());
        Assert.Equal([2, 1], sample.AnnotationCounts.ToArray());
        var first = Math.Log((0.75 * 0.9 * 0.4) + (0.25 * 0.2 * 0.7));
        var second = Math.Log((0.25 * 0.3) + (0.75 * 0.7));
        Assert.Equal(first, sample.LogLikelihoods[0], 1e-9);
        Assert.Equal((first + second) / 3, sample.LogLikelihood(), 1e-9);
        Assert.Equal(2.0 / 3, sample.Agreement());
        Assert.Equal(-Math.Log(0.75 * 0.25 * 0.75) / 3, sample.LabelLoss(), 1e-9);
        Assert.Equal(second, sample.LogLikelihood([1, 1]), 1e-9);
    }

    [Fact]
    public void The_truth_explains_annotations_better_than_the_labelers_own_mistakes()
    {
        // Both labelers often take class 0 for 1: a model that says so has the better label loss, one that knows the class the better likelihood.
        double[] careless = [0.4, 0.6, 0.05, 0.95];
        var crowd = CrowdLabels.Simulate(2000, 2, 2, [careless, careless], seed: 1);
        var confusions = LabelerConfusions.FromMatrices(2, [.. careless, .. careless], careless);
        HeldOutLabelers Held(float p00, float p10) => new(
            [.. crowd.Gold.SelectMany(g => g == 0 ? new[] { p00, 1 - p00 } : [p10, 1 - p10])], crowd.Table, confusions);
        HeldOutLabelers truth = Held(0.98f, 0.02f), imitator = Held(0.4f, 0.05f);

        Assert.True(truth.LogLikelihood() > imitator.LogLikelihood());
        Assert.True(truth.LabelLoss() > imitator.LabelLoss());
        Assert.True(truth.Agreement() < imitator.Agreement());
    }

    [Fact]
    public void Everything_is_finite_even_for_impossible_answers()
    {
        var sample = new HeldOutLabelers([1f, 0f], Tables.Of(1, 1, 2, (0, 0, 1)), LabelerConfusions.FromMatrices(2, [1, 0, 0, 1], [1, 0, 0, 1]));

        Assert.True(double.IsFinite(sample.LogLikelihood()));
        Assert.True(double.IsFinite(sample.LabelLoss()));
    }

    [Fact]
    public void All_rows_give_the_value_of_the_whole() => Gen.Select(Tables.Any, Gen.Int).Sample((table, seed) =>
    {
        var random = new Random(seed);
        var q = ClassDistributions.ToSingle(Tables.Distributions(random, table.ItemCount, table.ClassCount));
        var sample = new HeldOutLabelers(q, table, LabelerConfusions.Estimate(table, ClassDistributions.ToDouble(q)));

        Assert.Equal(sample.LogLikelihoods.ToArray().Sum() / table.Count, sample.LogLikelihood(), 1e-9);
        Assert.Equal(table.Count, sample.AnnotationCounts.ToArray().Sum());
        Assert.Equal(sample.Agreement(), sample.Agreement([.. Enumerable.Range(0, sample.Count)]));
    });

    [Fact]
    public void Numbers_of_classes_must_fit() =>
        Assert.Throws<ArgumentException>(() => new HeldOutLabelers([0.5f, 0.25f, 0.25f], Tables.Of(1, 1, 3), Confusions));
}
