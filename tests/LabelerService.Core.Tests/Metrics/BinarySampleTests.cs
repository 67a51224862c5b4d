using CsCheck;
using LabelerService.Core.Metrics;

namespace LabelerService.Core.Tests.Metrics;

public sealed class BinarySampleTests
{
    // Few different scores, so that ties are common.
    private static readonly Gen<(double Score, bool Positive)[]> Items =
        Gen.Select(Gen.Int[0, 8].Select(i => i / 8.0), Gen.Bool).Array[2, 40];

    [Fact]
    public void Probabilities_of_positive_classes_are_summed()
    {
        Assert.Equal([false, false, true, true], BinaryCollapse.AtLeast(2, 4));
        Assert.Equal([true, false, true], BinaryCollapse.Of(3, 0, 2));
        Assert.Equal([0.75, 0.5], BinaryCollapse.Scores([0.25f, 0.5f, 0.25f, 0.5f, 0.25f, 0.25f], BinaryCollapse.AtLeast(1, 3)));
    }

    [Fact]
    public void Items_without_gold_are_left_out()
    {
        var sample = BinaryCollapse.Sample([0.9f, 0.1f, 0.2f, 0.8f, 0.5f, 0.5f], [0, 1, -1], BinaryCollapse.AtLeast(1, 2));

        Assert.Equal(2, sample.Count);
        Assert.Equal(1, sample.RocAuc());
        Assert.Throws<ArgumentException>(() => BinaryCollapse.Sample([0.5f, 0.5f], [2], BinaryCollapse.AtLeast(1, 2)));
        Assert.Throws<ArgumentException>(() => BinaryCollapse.Sample([0.5f, 0.5f], [0, 1], BinaryCollapse.AtLeast(1, 2)));
    }

    [Fact]
    public void The_area_is_the_share_of_pairs_in_order_with_ties_as_half() => Items.Sample(items =>
    {
        double won = 0, pairs = 0;
        foreach (var (score, _) in items.Where(item => item.Positive))
        {
            foreach (var (other, _) in items.Where(item => !item.Positive))
            {
                won += score > other ? 1 : score == other ? 0.5 : 0;
                pairs++;
            }
        }

        Assert.Equal(won / pairs, Sample(items).RocAuc(), 1e-12);
    });

    [Fact]
    public void Specificity_is_the_best_of_all_thresholds_that_are_sensitive_enough() =>
        Gen.Select(Items, Gen.Int[1, 100]).Sample((items, percent) =>
        {
            double positives = items.Count(item => item.Positive), negatives = items.Length - positives;
            var best = double.NaN;
            foreach (var threshold in items.Select(item => item.Score))
            {
                var sensitivity = items.Count(item => item.Positive && item.Score >= threshold) / positives;
                var specificity = items.Count(item => !item.Positive && item.Score < threshold) / negatives;
                best = sensitivity >= (percent / 100.0) - 1e-9 && !(specificity <= best) ? specificity : best;
            }

            Assert.Equal(best, Sample(items).SpecificityAtSensitivity(percent / 100.0), 1e-12);
        });

    [Fact]
    public void Resamples_are_samples_of_their_own() => Gen.Select(Items, Gen.Int).Sample((items, seed) =>
    {
        var random = new Random(seed);
        int[] rows = [.. items.Select(_ => random.Next(items.Length))];
        var drawn = Sample([.. rows.Select(row => items[row])]);
        var sample = Sample(items);

        Assert.Equal(drawn.RocAuc(), sample.RocAuc(rows), 1e-12);
        Assert.Equal(drawn.SpecificityAtSensitivity(0.9), sample.SpecificityAtSensitivity(rows, 0.9), 1e-12);
    });

    [Fact]
    public void An_interval_holds_the_area()
    {
        var random = new Random(1);
        var sample = Sample([.. Enumerable.Range(0, 300).Select(i => (random.NextDouble() + (i % 2 * 0.4), i % 2 == 1))]);

        var interval = Bootstrap.Percentile(sample.Count, sample.RocAuc, 200, seed: 1);

        Assert.InRange(sample.RocAuc(), interval.Low, interval.High);
        Assert.InRange(interval.High - interval.Low, 0.02, 0.12);
    }

    [Fact]
    public void Scores_that_are_not_numbers_are_refused() =>
        Assert.Throws<ArgumentException>(() => new BinarySample([double.NaN, 1], [true, false]));

    private static BinarySample Sample((double Score, bool Positive)[] items) =>
        new([.. items.Select(item => item.Score)], [.. items.Select(item => item.Positive)]);
}
