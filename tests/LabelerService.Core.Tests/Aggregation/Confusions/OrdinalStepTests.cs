using CsCheck;
using LabelerService.Core.Aggregation;
using LabelerService.Core.Aggregation.Confusions;
using LabelerService.Core.Tests.Data;

namespace LabelerService.Core.Tests.Aggregation.Confusions;

public sealed class OrdinalStepTests
{
    [Fact]
    public void Of_two_classes_any_confusion_is_fitted_exactly()
    {
        // Label-major [y, k]: 30 and 10 answers of 0 and 1 about class 0; 5 and 20 about class 1.
        double[] counts = [30, 5, 10, 20];

        var fitted = OrdinalParameters.Fit(counts, 2, OrdinalParameters.Start, new double[2]);

        var matrix = new double[4];
        fitted.Fill(matrix, 2, logs: false);
        Assert.Equal([0.75, 0.2, 0.25, 0.8], matrix.Select(p => Math.Round(p, 9)));
        // a − b and −a − b are the log-odds of being one off.
        Assert.Equal(Math.Log(10.0 / 30), fitted.A - fitted.B, 1e-8);
        Assert.Equal(Math.Log(5.0 / 20), -fitted.A - fitted.B, 1e-8);
    }

    [Fact]
    public void The_fit_is_the_best_of_a_fine_grid_around_it() =>
        Gen.Select(Gen.Int[2, 6], Gen.Int).Sample((classes, seed) =>
        {
            var random = new Random(seed);
            double[] counts = [.. Enumerable.Range(0, classes * classes).Select(_ => 0.1 + (20 * random.NextDouble() * random.NextDouble()))];

            var fitted = OrdinalParameters.Fit(counts, classes, OrdinalParameters.Start, new double[classes]);

            var best = LogLikelihood(counts, classes, fitted);
            foreach (var step in (ReadOnlySpan<double>)[1e-3, 0.1, 1])
            {
                for (var i = -2; i <= 2; i++)
                {
                    for (var j = -2; j <= 2; j++)
                    {
                        var other = LogLikelihood(counts, classes, new OrdinalParameters(fitted.A + (i * step), fitted.B + (j * step)));
                        Assert.True(other <= best + 1e-9 * Math.Abs(best), $"{fitted}: {best} < {other} at {i}, {j} of {step}");
                    }
                }
            }
        });

    [Fact]
    public void Bias_and_spread_of_simulated_raters_are_found()
    {
        (double Bias, double Spread)[] raters = [(0, 0.5), (0.8, 0.6), (-0.7, 0.7), (0.2, 1.5), (0, 0.8), (0.3, 0.9)];
        var matrices = raters.Select(rater => Rater(5, rater.Bias, rater.Spread)).ToArray();
        var crowd = CrowdLabels.Simulate(4000, 5, 6, matrices, seed: 3);
        var step = new OrdinalStep(crowd.Table, new ConfusionOptions { Shrinkage = 1 });
        var posteriors = RowSums.Matrix(crowd.Table.ItemCount, 5);
        for (var n = 0; n < crowd.Gold.Length; n++)
        {
            posteriors[(n * 5) + crowd.Gold[n]] = 1;
        }

        step.Estimate(posteriors, new ItemStep(crowd.Table, new ItemKnowledge(null, default)).CommonCounts(posteriors, new()), new());

        for (var r = 0; r < raters.Length; r++)
        {
            var (a, b) = step.Parameters(r);
            Assert.Equal(raters[r].Bias, a / (2 * b), 0.1);
            Assert.Equal(raters[r].Spread, Math.Sqrt(1 / (2 * b)), 0.1);
        }
    }

    [Fact]
    public void Raters_who_answered_little_are_told_apart_better_than_with_free_confusions()
    {
        var random = new Random(5);
        double[][] matrices =
            [.. Enumerable.Range(0, 200).Select(_ => Rater(7, (2 * random.NextDouble()) - 1, 0.5 + (1.5 * random.NextDouble())))];
        var crowd = CrowdLabels.Simulate(1500, 7, 4, matrices, seed: 5);
        double Accuracy(string id) =>
            crowd.Accuracy(AggregatorCatalogue.Find(id)!.Create().Aggregate(new AggregationInput(crowd.Table), new()).Posteriors);

        var (ordinal, free, pooled, votes) = (Accuracy("ordinal_ds"), Accuracy("ds"), Accuracy("hierarchical"), Accuracy("mv"));
        Assert.True(ordinal > Math.Max(free, Math.Max(pooled, votes)) + 0.03, $"{ordinal} against {free}, {pooled}, {votes}");
    }

    // Θ(y | k) ∝ exp(−(y − k − φ)² / 2ψ²), [k, y].
    private static double[] Rater(int classes, double bias, double spread)
    {
        var matrix = new double[classes * classes];
        for (var k = 0; k < classes; k++)
        {
            double[] row = [.. Enumerable.Range(0, classes).Select(y => Math.Exp(-Math.Pow((y - k - bias) / spread, 2) / 2))];
            var sum = row.Sum();
            for (var y = 0; y < classes; y++)
            {
                matrix[(k * classes) + y] = row[y] / sum;
            }
        }

        return matrix;
    }

    private static double LogLikelihood(double[] counts, int classes, OrdinalParameters at)
    {
        var sum = 0.0;
        for (var k = 0; k < classes; k++)
        {
            var z = Enumerable.Range(0, classes).Sum(y => Math.Exp((at.A * (y - k)) - (at.B * (y - k) * (y - k))));
            for (var y = 0; y < classes; y++)
            {
                sum += counts[(y * classes) + k] * ((at.A * (y - k)) - (at.B * (y - k) * (y - k)) - Math.Log(z));
            }
        }

        return sum;
    }
}
