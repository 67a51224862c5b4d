using LabelerService.Core.Drift;

namespace LabelerService.Core.Tests.Drift;

public sealed class LabelerDriftTestTests
{
    private const double Rate = 0.05;

    /// <summary>
    /// The champion is right on 99 of 100 items it was trained on and 80 of 100 new ones, labelers differ from nearly perfect to poor:
    /// everybody's agreement falls, and that of the good ones falls most.
    /// </summary>
    [Theory]
    [InlineData(2, 12, 60, 0.99, 0.80)]
    [InlineData(5, 12, 60, 0.99, 0.80)]
    [InlineData(5, 3, 200, 0.95, 0.85)]
    [InlineData(10, 40, 50, 0.90, 0.90)]
    public void False_alarms_are_no_more_than_promised_whatever_the_model_gains_on_its_own_items(
        int classes, int labelers, int recent, double modelBefore, double modelAfter)
    {
        const int Trials = 500;
        var random = new Random(classes + labelers);
        var alarms = 0;
        for (var trial = 0; trial < Trials; trial++)
        {
            var crowd = Enumerable.Range(0, labelers)
                .Select(i => Simulate(random, classes, 0.6 + (0.38 * i / labelers), 0.6 + (0.38 * i / labelers), 300, recent, modelBefore, modelAfter))
                .ToArray();
            alarms += LabelerDriftTest.Run(crowd, classes, 50, Rate).Any(result => result.Alarm) ? 1 : 0;
        }

        // Three standard errors above the promised rate.
        Assert.InRange(alarms, 0, Trials * (Rate + (3 * Math.Sqrt(Rate * (1 - Rate) / Trials))));
    }

    [Fact]
    public void A_labeler_whose_accuracy_falls_from_85_to_55_percent_is_found_after_100_labels_and_nobody_else_is()
    {
        const int Trials = 200;
        var random = new Random(7);
        var (found, others) = (0, 0);
        for (var trial = 0; trial < Trials; trial++)
        {
            var crowd = Enumerable.Range(0, 10)
                .Select(i => Simulate(random, 4, 0.85, i == 3 ? 0.55 : 0.85, 300, 100, 0.97, 0.85))
                .ToArray();
            var results = LabelerDriftTest.Run(crowd, 4, 50, Rate);
            found += results[3].Alarm ? 1 : 0;
            others += results.Where((result, i) => i != 3 && result.Alarm).Count();
        }

        Assert.InRange(found, 0.9 * Trials, Trials);
        Assert.InRange(others, 0, Rate * Trials);
    }

    [Fact]
    public void A_fall_that_all_share_is_no_alarm_and_one_labeler_alone_cannot_be_told_from_it()
    {
        var fall = new LabelerAgreement(200, 190, 200, 140);
        Assert.DoesNotContain(LabelerDriftTest.Run([.. Enumerable.Repeat(fall, 5)], 3, 50, Rate), result => result.Alarm);
        Assert.Equal([new LabelerDriftResult(null, false)], LabelerDriftTest.Run([fall], 3, 50, Rate));
    }

    [Fact]
    public void Labelers_with_too_few_annotations_on_either_side_are_not_tested_but_count_among_the_others()
    {
        var steady = new LabelerAgreement(200, 180, 40, 36);
        var fallen = new LabelerAgreement(200, 180, 60, 12);
        var results = LabelerDriftTest.Run([steady, steady, fallen, new LabelerAgreement(5, 5, 500, 100)], 3, 50, Rate);
        Assert.Equal([null, null, null], new[] { results[0], results[1], results[3] }.Select(result => result.PValue));
        Assert.True(results[2].Alarm);
    }

    [Fact]
    public void Getting_better_is_no_alarm()
    {
        var steady = new LabelerAgreement(200, 120, 200, 120);
        var better = new LabelerAgreement(200, 100, 200, 199);
        Assert.DoesNotContain(LabelerDriftTest.Run([steady, steady, better], 3, 50, Rate), result => result.Alarm);
    }

    [Fact]
    public void All_looks_together_use_the_rate_and_no_more() =>
        Assert.Equal(Rate, Enumerable.Range(1, 100_000).Sum(look => LabelerDriftTest.RateOfLook(Rate, look)), 1e-6);

    [Fact]
    public void Tails_of_the_normal_distribution_are_right()
    {
        Assert.Equal(0.5, NormalTail.Upper(0), 1e-7);
        Assert.Equal(0.0249979, NormalTail.Upper(1.96), 1e-7);
        Assert.Equal(2.866516e-7, NormalTail.Upper(5), 1e-12);
        Assert.Equal(1.644854, NormalTail.Quantile(0.05), 1e-5);
        Assert.Equal(0.9750021, NormalTail.Upper(-1.96), 1e-6);
    }

    [Fact]
    public void Impossible_counts_and_rates_are_refused()
    {
        Assert.Throws<ArgumentException>(() => LabelerDriftTest.Run([new LabelerAgreement(1, 2, 1, 1)], 2, 10, Rate));
        Assert.Throws<ArgumentOutOfRangeException>(() => LabelerDriftTest.Run([], 2, 9, Rate));
        Assert.Throws<ArgumentOutOfRangeException>(() => LabelerDriftTest.Run([], 2, 10, double.NaN));
    }

    private static LabelerAgreement Simulate(
        Random random, int classes, double accuracyBefore, double accuracyAfter, int before, int after, double modelBefore, double modelAfter)
    {
        return new LabelerAgreement(before, Agreements(before, accuracyBefore, modelBefore), after, Agreements(after, accuracyAfter, modelAfter));

        int Agreements(int count, double accuracy, double model)
        {
            var agreements = 0;
            for (var i = 0; i < count; i++)
            {
                // The true class is 0; errors fall evenly on the others.
                var said = random.NextDouble() < accuracy ? 0 : random.Next(1, classes);
                var predicted = random.NextDouble() < model ? 0 : random.Next(1, classes);
                agreements += said == predicted ? 1 : 0;
            }

            return agreements;
        }
    }
}
