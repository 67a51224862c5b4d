using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Learning.Tests.Data;
using LabelerService.Learning.Tests.Onnx;
using LabelerService.TestKit.Crowds;

namespace LabelerService.Learning.Tests.Algorithms;

public sealed class CalibrationAndDistillationTests
{
    // Labelers who err at random half of the time: the plain mean of their heads is far less sure than it is right.
    private static readonly SimulatedCrowd Crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions
    {
        Items = 2000,
        Classes = 3,
        Accuracies = [0.6, 0.6, 0.6, 0.55, 0.55, 0.5, 0.5, 0.5],
        LabelsPerItem = 3,
        Separation = 3,
    });

    [Theory]
    [InlineData("labelers")]
    [InlineData("gold")]
    public void A_calibrated_net_is_as_sure_as_it_is_right_and_answers_the_same(string calibration)
    {
        string[] settings = ["epochs=15", "hidden=16"];
        var snapshot = calibration == "gold" ? Crowd.Snapshot : Crowd.Snapshot.WithoutGold().With(
            gold: [.. Crowd.Snapshot.Gold.Select((gold, n) => Crowd.Snapshot.Splits[n] == Split.Test ? gold : -1)]);
        var raw = snapshot.Train("dn", 1, settings);
        var calibrated = snapshot.Train("dn", 1, [.. settings, $"calibration={calibration}"]);

        Assert.Equal(1, raw.Manifest.Temperature);
        Assert.True(calibrated.Manifest.Temperature < 0.8, $"{calibrated.Manifest.Temperature}");
        Assert.Equal(raw.Metric("test", "accuracy"), calibrated.Metric("test", "accuracy"));
        Assert.True(calibrated.Metric("test", "ece") < raw.Metric("test", "ece") / 3, $"{calibrated.Metric("test", "ece")} {raw.Metric("test", "ece")}");
        Assert.True(calibrated.Metric("test", "log_loss") < raw.Metric("test", "log_loss"));
    }

    [Fact]
    public void Calibrating_to_gold_needs_gold()
    {
        var error = Assert.Throws<ServiceException>(() => Crowd.Snapshot.WithoutGold().Train("bn", 1, "epochs=1", "calibration=gold"));

        Assert.Equal((ErrorKind.FailedPrecondition, "NO_GOLD"), (error.Kind, error.Reason));
        Assert.Contains("calibration=labelers", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("wdn")]
    [InlineData("consensus")]
    public void One_distilled_head_says_what_the_ensemble_says(string algorithm)
    {
        var model = Crowd.Snapshot.Train(
            algorithm, 1, ["distil=on", "epochs=15", "hidden=16", .. algorithm == "consensus" ? (string[])["rounds=4", "repeats=1"] : []]);

        Assert.True(model.Manifest.Distilled);
        var teacher = Served.Run(model.Onnx, ServingGraph.Probabilities, Crowd.Snapshot.Features.Load(), 8);
        var student = Served.Run(model.Onnx, ServingGraph.Distilled, Crowd.Snapshot.Features.Load(), 8);
        var same = teacher.Chunk(3).Zip(student.Chunk(3)).Count(pair => Array.IndexOf(pair.First, pair.First.Max()) == Array.IndexOf(pair.Second, pair.Second.Max()));
        Assert.True(same > 0.97 * 2000, $"{same}");
        Assert.True(model.Metric("test", "distilled_accuracy") >= model.Metric("test", "accuracy") - 0.01);
    }
}
