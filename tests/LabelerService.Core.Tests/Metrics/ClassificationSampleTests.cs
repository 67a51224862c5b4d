using CsCheck;
using LabelerService.Core.Metrics;

namespace LabelerService.Core.Tests.Metrics;

public sealed class ClassificationSampleTests
{
    // Four items with gold, one without; right, right, wrong, right.
    private static readonly float[] Probabilities =
    [
        0.7f, 0.2f, 0.1f,
        0.1f, 0.8f, 0.1f,
        0.5f, 0.3f, 0.2f,
        0.2f, 0.2f, 0.6f,
        0.9f, 0.05f, 0.05f,
    ];

    private static readonly int[] Gold = [0, 1, 2, 2, -1];

    [Fact]
    public void Metrics_agree_with_values_worked_out_by_hand()
    {
        var sample = new ClassificationSample(Probabilities, Gold, 3);

        Assert.Equal(4, sample.Count);
        Assert.Equal(0.75, sample.Accuracy());
        Assert.Equal(-(Math.Log(0.7) + Math.Log(0.8) + Math.Log(0.2) + Math.Log(0.6)) / 4, sample.LogLoss(), 1e-6);
        // Two bins: (0, 0.5] holds the wrong item (gap 0.5), (0.5, 1] the three right ones (3 − 2.1).
        Assert.Equal((0.5 + 0.9) / 4, sample.ExpectedCalibrationError(bins: 2), 1e-6);
        var confusion = sample.Confusion();
        Assert.Equal([1, 0, 0, 0, 1, 0, 1, 0, 1], confusion.Counts.ToArray());
        Assert.Equal(0.5, confusion.Recall(2));
        Assert.Equal(0.5, confusion.Precision(0));
    }

    [Fact]
    public void An_impossible_answer_leaves_the_log_loss_finite() =>
        Assert.Equal(-Math.Log(1e-15), new ClassificationSample([0f, 1f], [0], 2).LogLoss(), 9);

    [Fact]
    public void Without_gold_there_are_no_metrics()
    {
        var sample = new ClassificationSample([0.5f, 0.5f], [-1], 2);

        Assert.Equal(0, sample.Count);
        Assert.True(double.IsNaN(sample.Accuracy()));
        Assert.True(double.IsNaN(sample.Confusion().Recall(0)));
    }

    [Theory]
    [InlineData(new[] { 0 }, 3)]
    [InlineData(new[] { 2 }, 2)]
    public void Lengths_and_classes_that_do_not_fit_are_refused(int[] gold, int classes) =>
        Assert.Throws<ArgumentException>(() => new ClassificationSample([0.5f, 0.5f], gold, classes));

    [Fact]
    public void A_confident_forecaster_is_miscalibrated_by_its_error_rate() =>
        Gen.Int[0, 1].Array[1, 60].Sample(gold =>
        {
            var probabilities = gold.SelectMany(_ => new[] { 1f, 0f }).ToArray();
            var sample = new ClassificationSample(probabilities, gold, 2);
            Assert.Equal(1 - sample.Accuracy(), sample.ExpectedCalibrationError(), 9);
        });
}
