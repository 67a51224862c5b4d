using CsCheck;
using LabelerService.Core.Aggregation;
using LabelerService.Core.Annotations;
using LabelerService.Core.Tests.Data;

namespace LabelerService.Core.Tests.Aggregation;

public sealed class LabelerConfusionsTests
{
    // Labeler 0 is right on 3 of 4, labeler 1 on 1 of 2; classes known.
    private static readonly AnnotationTable Table = Tables.Of(
        4, 3, 2, (0, 0, 0), (1, 0, 0), (2, 0, 1), (3, 0, 0), (0, 1, 1), (3, 1, 1));

    private static readonly double[] Known = [1, 0, 1, 0, 0, 1, 0, 1];

    [Fact]
    public void Without_shrinkage_or_smoothing_they_are_relative_frequencies()
    {
        var confusions = LabelerConfusions.Estimate(Table, Known, new() { Shrinkage = 0, Smoothing = 0 });

        Assert.Equal(1, confusions.Probability(0, 0, 0), 1e-9);
        Assert.Equal(0.5, confusions.Probability(0, 1, 1), 1e-9);
        Assert.Equal(0.5, confusions.Probability(0, 1, 0), 1e-9);
        Assert.Equal(1, confusions.Probability(1, 0, 1), 1e-9);
        Assert.Equal(0.75, confusions.Accuracy(0, [0.5, 0.5]), 1e-9);
    }

    [Fact]
    public void Shrinkage_adds_annotations_of_the_common_labeler()
    {
        var options = new ConfusionOptions { Shrinkage = 3, Smoothing = 0, CommonStrength = 2, CommonDiagonal = 0.7, Target = ShrinkageTarget.Common };
        var confusions = LabelerConfusions.Estimate(Table, Known, options);

        // Class 0: two right and one wrong of all, plus 1.4 and 0.6.
        var common = 3.4 / 5;
        Assert.Equal(common, confusions.Probability(-1, 0, 0), 1e-9);
        Assert.Equal((2 + (3 * common)) / 5, confusions.Probability(0, 0, 0), 1e-9);
        Assert.Equal(common, confusions.Probability(2, 0, 0), 1e-9);
        Assert.Equal(confusions.Matrix(-1), confusions.Matrix(99));
    }

    [Fact]
    public void A_great_shrinkage_makes_all_labelers_alike()
    {
        foreach (var target in Enum.GetValues<ShrinkageTarget>())
        {
            var confusions = LabelerConfusions.Estimate(Table, Known, new() { Shrinkage = 1e9, Target = target });
            for (var cell = 0; cell < 4; cell++)
            {
                Assert.Equal(confusions.Matrix(-1)[cell], confusions.Matrix(0)[cell], 1e-6);
                Assert.Equal(confusions.Matrix(0)[cell], confusions.Matrix(1)[cell], 1e-6);
            }
        }
    }

    [Fact]
    public void One_coin_has_one_accuracy_for_each_labeler()
    {
        var confusions = LabelerConfusions.Estimate(Table, Known, new() { Shrinkage = 0, Smoothing = 0, Form = ConfusionForm.OneCoin });

        Assert.False(confusions.IsFull);
        Assert.Equal([0.75, 0.25, 0.25, 0.75], confusions.Matrix(0).Select(p => Math.Round(p, 9)));
        Assert.Equal([0.5, 0.5, 0.5, 0.5], confusions.Matrix(1).Select(p => Math.Round(p, 9)));
        Assert.Equal((4 + 1.4) / 8, confusions.Probability(2, 1, 1), 1e-9);
    }

    [Fact]
    public void Too_many_cells_fall_back_to_one_coin()
    {
        Assert.True(LabelerConfusions.Estimate(Table, Known, new() { MaxCells = 12 }).IsFull);
        Assert.False(LabelerConfusions.Estimate(Table, Known, new() { MaxCells = 11 }).IsFull);
    }

    [Fact]
    public void Ten_thousand_labelers_with_a_hundred_classes_take_little_memory()
    {
        var random = new Random(1);
        var labelers = Enumerable.Range(0, 30_000).Select(_ => random.Next(10_000)).ToArray();
        int[] items = [.. Enumerable.Range(0, 30_000).Select(i => i / 3)];
        var table = new AnnotationTable(10_000, 10_000, 100, items, labelers, [.. items.Select(n => n % 100)]);

        var result = ConfusionEm.Fit(table, new() { MaxIterations = 2 });

        Assert.False(result.Confusions.IsFull);
        Assert.Equal(Enumerable.Range(0, 10_000).Select(n => n % 100), result.Classes());
    }

    [Fact]
    public void A_labeler_with_few_annotations_a_class_is_known_by_all_of_them()
    {
        // A spammer and an expert, one annotation on each of ten classes, among ordinary labelers.
        double[][] matrices = [.. Enumerable.Range(0, 20).Select(r => CrowdLabels.OneCoin(10, 0.6))];
        var crowd = CrowdLabels.Simulate(500, 10, 4, matrices, seed: 1);
        var rows = Enumerable.Range(0, crowd.Table.Count)
            .Select(i => (crowd.Table.Items[i], crowd.Table.Labelers[i], crowd.Table.Classes[i])).ToList();
        for (var k = 0; k < 10; k++)
        {
            var n = Array.IndexOf(crowd.Gold, k);
            rows.Add((n, 20, k));
            rows.Add((n, 21, (k + 1) % 10));
        }

        var table = Tables.Of(500, 22, 10, [.. rows]);
        double[] known = [.. crowd.Gold.SelectMany(g => Enumerable.Range(0, 10).Select(k => k == g ? 1.0 : 0))];
        double[] uniform = [.. Enumerable.Repeat(0.1, 10)];
        double Gap(ShrinkageTarget target)
        {
            var confusions = LabelerConfusions.Estimate(table, known, new() { Target = target });
            return confusions.Accuracy(20, uniform) - confusions.Accuracy(21, uniform);
        }

        Assert.True(Gap(ShrinkageTarget.OwnSkill) > 0.7, $"{Gap(ShrinkageTarget.OwnSkill)}");
        Assert.True(Gap(ShrinkageTarget.Common) < 0.4);
    }

    [Fact]
    public void Items_with_posteriors_of_zeros_are_left_out()
    {
        var all = LabelerConfusions.Estimate(Table, [1, 0, 1, 0, 0, 1, 0, 0]);
        var fewer = LabelerConfusions.Estimate(Tables.Of(3, 3, 2, (0, 0, 0), (1, 0, 0), (2, 0, 1), (0, 1, 1)), [1, 0, 1, 0, 0, 1]);

        Assert.Equal(fewer.Matrix(0), all.Matrix(0));
        Assert.Equal(fewer.Matrix(1), all.Matrix(1));
    }

    [Fact]
    public void Every_row_is_a_distribution_and_every_log_finite() =>
        Gen.Select(Tables.Any, Gen.Int, Gen.Double[0, 5], Gen.Bool).Sample((table, seed, c, full) =>
        {
            var posteriors = Tables.Distributions(new Random(seed), table.ItemCount, table.ClassCount);
            foreach (var target in Enum.GetValues<ShrinkageTarget>())
            {
                var confusions = LabelerConfusions.Estimate(
                    table, posteriors, new() { Shrinkage = c, Smoothing = 0, Form = full ? ConfusionForm.Full : ConfusionForm.OneCoin, Target = target });
                for (var r = -1; r < table.LabelerCount; r++)
                {
                    Tables.AssertDistributions(confusions.Matrix(r), table.ClassCount);
                }

                for (var n = 0; n < table.ItemCount; n++)
                {
                    var logs = new double[table.ClassCount];
                    confusions.AddLogLikelihood(table, n, logs);
                    for (var k = 0; k < logs.Length; k++)
                    {
                        var (start, end) = table.RangeOfItem(n);
                        var expected = 0.0;
                        for (var i = start; i < end; i++)
                        {
                            expected += confusions.LogProbability(table.Labelers[i], k, table.Classes[i]);
                        }

                        Assert.Equal(expected, logs[k], 1e-9);
                        Assert.True(double.IsFinite(logs[k]));
                    }
                }
            }
        });

    [Fact]
    public void Matrices_are_given_back_as_they_came()
    {
        double[] matrices = [0.9, 0.1, 0.3, 0.7, 0.5, 0.5, 0.2, 0.8];
        var confusions = LabelerConfusions.FromMatrices(2, matrices, [0.6, 0.4, 0.4, 0.6]);

        Assert.Equal(2, confusions.LabelerCount);
        Assert.Equal(matrices, confusions.Matrix(0).Concat(confusions.Matrix(1)).Select(p => Math.Round(p, 12)));
        Assert.Throws<ArgumentException>(() => LabelerConfusions.FromMatrices(2, [1.0, 0, 0], [1, 0, 0, 1]));
    }
}
