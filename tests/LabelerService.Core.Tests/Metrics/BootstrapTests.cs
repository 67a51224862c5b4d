using LabelerService.Core.Metrics;

namespace LabelerService.Core.Tests.Metrics;

public sealed class BootstrapTests
{
    private static readonly int[] Gold = [.. Enumerable.Range(0, 400).Select(i => i % 5 == 0 ? 1 : 0)];

    private static readonly ClassificationSample Sample = new(
        [.. Gold.SelectMany(_ => new[] { 0.8f, 0.2f })], Gold, 2);

    [Fact]
    public void The_same_seed_gives_the_same_interval()
    {
        var one = Bootstrap.Percentile(Sample.Count, Sample.Accuracy, 200, seed: 7);

        Assert.Equal(one, Bootstrap.Percentile(Sample.Count, Sample.Accuracy, 200, seed: 7));
        Assert.NotEqual(one, Bootstrap.Percentile(Sample.Count, Sample.Accuracy, 200, seed: 8));
    }

    [Fact]
    public void The_interval_of_an_accuracy_is_as_wide_as_the_binomial_says()
    {
        var interval = Bootstrap.Percentile(Sample.Count, Sample.Accuracy, 4000, seed: 1);

        var halfWidth = 1.96 * Math.Sqrt(0.8 * 0.2 / 400);
        Assert.Equal(0.8 - halfWidth, interval.Low, 0.01);
        Assert.Equal(0.8 + halfWidth, interval.High, 0.01);
    }

    [Fact]
    public void Any_metric_can_be_resampled()
    {
        Assert.True(Bootstrap.Percentile(Sample.Count, Sample.LogLoss, 100, 1) is { Low: > 0.4, High: < 0.7 });
        Assert.True(Bootstrap.Percentile(Sample.Count, rows => Sample.ExpectedCalibrationError(rows), 100, 1).High < 0.1);
        Assert.Equal(new Interval(1, 1), Bootstrap.Percentile(Sample.Count, rows => Sample.Confusion(rows).Recall(0), 100, 1));
    }

    [Fact]
    public void Nothing_to_resample_gives_no_interval() =>
        Assert.True(double.IsNaN(Bootstrap.Percentile(0, _ => 1, 10, 1).Low));
}
