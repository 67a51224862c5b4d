using CsCheck;
using LabelerService.Core.Aggregation;
using LabelerService.Core.Calibration;
using LabelerService.Core.Metrics;
using LabelerService.Core.Tests.Aggregation;
using LabelerService.Core.Tests.Data;

namespace LabelerService.Core.Tests.Calibration;

public sealed class TemperatureScalingTests
{
    private const int Items = 20_000;
    private const int Classes = 4;

    [Theory]
    [InlineData(0.3)]
    [InlineData(1)]
    [InlineData(2.5)]
    public void A_known_temperature_is_recovered_from_gold_and_from_annotations(double temperature)
    {
        var (distributions, gold) = Simulate(temperature);
        var random = new Random(2);
        double[][] matrices = [.. new[] { 0.9, 0.6, 0.5 }.Select(a => CrowdLabels.OneCoin(Classes, a))];
        var table = Tables.Of(Items, 3, Classes, [.. Enumerable.Range(0, Items).SelectMany(n => Enumerable.Range(0, 3)
            .Select(r => (n, r, CrowdLabels.Draw(random, matrices[r].AsSpan(gold[n] * Classes, Classes)))))]);
        var confusions = LabelerConfusions.FromMatrices(Classes, [.. matrices.SelectMany(m => m)], matrices[0]);

        var byGold = TemperatureScaling.FitToGold(distributions, gold, Classes);
        var byAnnotations = TemperatureScaling.FitToAnnotations(distributions, table, confusions);

        Assert.Equal(1, byGold.Temperature / temperature, 0.05);
        Assert.Equal(1, byAnnotations.Temperature / temperature, 0.1);
        // The losses are those of the metrics.
        var scaled = new float[distributions.Length];
        TemperatureScaling.Apply(distributions, Classes, byGold.Temperature, scaled);
        Assert.Equal(new ClassificationSample(scaled, gold, Classes).LogLoss(), byGold.LossAfter, 1e-4);
        Assert.True(new ClassificationSample(scaled, gold, Classes).ExpectedCalibrationError() < 0.02);
        TemperatureScaling.Apply(distributions, Classes, byAnnotations.Temperature, scaled);
        Assert.Equal(-new HeldOutLabelers(scaled, table, confusions).LogLikelihood(), byAnnotations.LossAfter, 1e-4);
    }

    [Fact]
    public void A_fit_is_never_worse_than_no_scaling() => Gen.Select(Tables.Any, Gen.Int).Sample((table, seed) =>
    {
        var random = new Random(seed);
        var q = ClassDistributions.ToSingle(Tables.Distributions(random, table.ItemCount, table.ClassCount));
        int[] gold = [.. Enumerable.Range(0, table.ItemCount).Select(_ => random.Next(-1, table.ClassCount))];
        var confusions = LabelerConfusions.Estimate(table, ClassDistributions.ToDouble(q));

        foreach (var (fit, any) in (ReadOnlySpan<(TemperatureFit, bool)>)
            [
                (TemperatureScaling.FitToGold(q, gold, table.ClassCount), gold.Any(g => g >= 0)),
                (TemperatureScaling.FitToAnnotations(q, table, confusions), table.Count > 0),
            ])
        {
            Assert.InRange(fit.Temperature, TemperatureScaling.Lowest * 0.999, TemperatureScaling.Highest * 1.001);
            Assert.True(any ? fit.LossAfter <= fit.LossBefore : fit.Temperature == 1 && double.IsNaN(fit.LossBefore));
        }
    });

    [Fact]
    public void The_likeliest_class_stays() =>
        Gen.Select(Gen.Int[1, 6], Gen.Double[0.05, 20], Gen.Int, Gen.Double[0, 1]).Sample((classes, temperature, seed, closeness) =>
        {
            // Rows from very different to equal up to the last bits.
            var random = new Random(seed);
            float[] q = [.. Enumerable.Range(0, classes).Select(_ => (float)((1 + (random.NextDouble() * Math.Pow(10, -8 * closeness))) / (2 * classes)))];
            var scaled = new float[classes];

            TemperatureScaling.Apply(q, classes, temperature, scaled);

            Assert.Equal(Array.IndexOf(q, q.Max()), Array.IndexOf(scaled, scaled.Max()));
            Assert.Equal(1, scaled.Sum(), 1e-5);
        });

    [Fact]
    public void Scaling_works_in_place_and_one_changes_nothing()
    {
        float[] q = [0.7f, 0.2f, 0.1f, 0f, 1f, 0f];
        var copy = q.ToArray();

        TemperatureScaling.Apply(q, 3, 1, q);

        Assert.All(q.Zip(copy), pair => Assert.Equal(pair.Second, pair.First, 1e-6f));
        TemperatureScaling.Apply(q, 3, 2, q);
        Assert.Equal(Math.Sqrt(0.7) / (Math.Sqrt(0.7) + Math.Sqrt(0.2) + Math.Sqrt(0.1)), q[0], 1e-5);
    }

    // q_T is the truth's distribution, so the predictions are q ∝ truth^T.
    private static (float[] Distributions, int[] Gold) Simulate(double temperature)
    {
        var random = new Random(1);
        var truth = Tables.Distributions(random, Items, Classes);
        var sharp = new float[truth.Length];
        TemperatureScaling.Apply(ClassDistributions.ToSingle(truth), Classes, 0.4, sharp);
        var gold = new int[Items];
        for (var n = 0; n < Items; n++)
        {
            gold[n] = CrowdLabels.Draw(random, ClassDistributions.ToDouble(sharp.AsSpan(n * Classes, Classes)));
        }

        var distributions = new float[truth.Length];
        TemperatureScaling.Apply(sharp, Classes, 1 / temperature, distributions);
        return (distributions, gold);
    }
}
