using LabelerService.Core.Annotations;
using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Core.Training;
using LabelerService.Learning.Tests.Data;
using LabelerService.Learning.Tests.Onnx;
using LabelerService.TestKit.Crowds;
using Xunit.Abstractions;

namespace LabelerService.Learning.Tests.Checkpoints;

public sealed class WarmStartTests(ITestOutputHelper output)
{
    private static readonly TrainingSnapshot Data = SimulatedCrowd.Create(new SimulatedCrowdOptions { Items = 120 }).Snapshot;

    [Theory]
    [InlineData("bn", "bn")]
    [InlineData("dn", "dn")]
    [InlineData("dn", "wdn")]
    [InlineData("wdn", "biwdn")]
    [InlineData("iwdn", "dn")]
    public void A_net_starts_where_the_other_ended(string from, string to)
    {
        var source = Data.Train(from, 3, "epochs=20");
        // Steps so small that nothing moves: what comes out is what was put in.
        var model = Train(Data, to, source, "epochs=1", "learning_rate=0.0000001");

        Assert.Equal(Heads(source, Data), Heads(model, Data), (one, other) => Math.Abs(one - other) < 1e-3);
        Assert.Equal("datasets/x/models/m/versions/1", model.Manifest.Origin!.Version);
        Assert.Equal(from == "bn" ? 0 : Data.LabelerIds.Length, model.Manifest.Origin.HeadsTaken);
    }

    /// <summary>What labelers have in common is in their own heads where the shared one counts nothing.</summary>
    [Theory]
    [InlineData("shared_pace=0")]
    [InlineData("shared_pace=0.5")]
    public void Labelers_say_what_they_said_where_the_shared_head_has_stopped(string pace)
    {
        var source = Data.Train("dn", 3, "epochs=20", pace);
        var model = Train(Data, "dn", source, "epochs=1", "learning_rate=0.0000001", "shared_pace=0");
        var (before, after) = (Heads(source, Data), Heads(model, Data));

        var (heads, classes) = (Data.LabelerIds.Length + 1, Data.Schema.Classes.Count);
        for (var i = 0; i < after.Length; i++)
        {
            Assert.True(float.IsFinite(after[i]));
            if (i / classes % heads < heads - 1)
            {
                Assert.Equal(before[i], after[i], 1e-3f);
            }
        }
    }

    [Fact]
    public void Heads_are_found_by_their_labeler_and_new_labelers_start_at_the_shared_head()
    {
        var source = Data.Train("dn", 3, "epochs=20");
        // The same crowd in which the first labeler is somebody else.
        var renamed = Data.With(labelerIds: ["somebody new", .. Data.LabelerIds[1..]]);
        var model = Train(renamed, "dn", source, "epochs=1", "learning_rate=0.0000001");
        var (before, after) = (Heads(source, Data), Heads(model, renamed));

        Assert.Equal(Data.LabelerIds.Length - 1, model.Manifest.Origin!.HeadsTaken);
        var (heads, classes) = (Data.LabelerIds.Length + 1, Data.Schema.Classes.Count);
        for (var i = 0; i < after.Length; i++)
        {
            var head = i / classes % heads;
            var expected = head == 0 ? before[i + ((heads - 1) * classes)] : before[i];
            Assert.InRange(after[i], expected - 1e-3, expected + 1e-3);
        }
    }

    [Fact]
    public void A_net_of_another_shape_and_damaged_weights_are_refused()
    {
        var source = Data.Train("dn", 3, "epochs=1");
        var shape = Assert.Throws<ServiceException>(() => Train(Data, "dn", source, "epochs=1", "hidden=16"));
        Assert.Equal(("WARM_START_MISMATCH", ErrorKind.FailedPrecondition), (shape.Reason, shape.Kind));
        var damaged = (byte[])source.Weights!.Clone();
        damaged[^40] ^= 1;
        var error = Assert.Throws<ServiceException>(() => Snapshots.Trainer.Train(
            Data, Snapshots.Settings("dn", "epochs=1"), 1, null, null, new WarmStartWeights("v", "s", damaged), default));
        Assert.Equal("WARM_START_UNUSABLE", error.Reason);
    }

    [Theory]
    [InlineData("consensus")]
    [InlineData("crowd_layer")]
    [InlineData("auto")]
    public void Algorithms_that_have_no_weights_to_start_from_are_refused_by_name(string algorithm)
    {
        var manifest = Data.Train("dn", 3, "epochs=1").Manifest;
        var settings = AlgorithmCatalogue.Validate(algorithm, new Dictionary<string, string>()).Effective;
        Assert.Contains(algorithm, WarmStartRules.Problem(algorithm, settings, Data.Schema, manifest, true), StringComparison.Ordinal);
        var dn = AlgorithmCatalogue.Validate("dn", new Dictionary<string, string>()).Effective;
        Assert.Contains(
            algorithm, WarmStartRules.Problem("dn", dn, Data.Schema, manifest with { Algorithm = algorithm }, false), StringComparison.Ordinal);
    }

    [Fact]
    public void What_does_not_fit_is_known_before_a_run_exists()
    {
        var manifest = Data.Train("dn", 3, "epochs=1").Manifest;
        var settings = Snapshots.Settings("wdn").For(Data.Encoding).Effective;
        Assert.Null(WarmStartRules.Problem("wdn", settings, Data.Schema, manifest, true));
        Assert.Contains("hidden=128", WarmStartRules.Problem("wdn", Snapshots.Settings("wdn", "hidden=64").For(Data.Encoding).Effective, Data.Schema, manifest, true), StringComparison.Ordinal);
        Assert.Contains("classes", WarmStartRules.Problem("wdn", settings, Data.Schema, manifest with { Classes = ["a", "b", "c"] }, true), StringComparison.Ordinal);
        Assert.Contains("features", WarmStartRules.Problem("wdn", settings, Data.Schema, manifest with { FeatureLength = 9 }, true), StringComparison.Ordinal);
        Assert.Contains("without its weights", WarmStartRules.Problem("wdn", settings, Data.Schema, manifest, false), StringComparison.Ordinal);
    }

    [Fact]
    public void On_LabelMe_a_warm_start_needs_fewer_epochs_to_the_same_validation_score()
    {
        // Four fifths of the annotations came before the version that the new run starts from.
        var all = LabelMe.Snapshot;
        int[] kept = [.. Enumerable.Range(0, all.Annotations.Count).Where(a => a % 5 != 0)];
        var earlier = all.With(annotations: new AnnotationTable(
            all.Annotations.ItemCount, all.Annotations.LabelerCount, all.Annotations.ClassCount, [.. kept.Select(a => all.Annotations.Items[a])],
            [.. kept.Select(a => all.Annotations.Labelers[a])], [.. kept.Select(a => all.Annotations.Classes[a])]));
        string[] settings = ["epochs=8", "feature_transform=log1p"];
        var source = earlier.Train("dn", 1, settings);
        var (cold, warm) = (new List<double>(), new List<double>());
        Train(all, "dn", null, cold, settings);
        Train(all, "dn", source, warm, settings);

        var best = cold.Min();
        var (coldEpochs, warmEpochs) = (cold.FindIndex(score => score <= best) + 1, warm.FindIndex(score => score <= best) + 1);
        output.WriteLine($"validation log loss {best:F4}: cold after {coldEpochs} epochs, warm after {warmEpochs}");
        Assert.InRange(warmEpochs, 1, coldEpochs - 1);
    }

    private static TrainedModel Train(TrainingSnapshot snapshot, string algorithm, TrainedModel source, params string[] settings) =>
        Train(snapshot, algorithm, source, [], settings);

    private static TrainedModel Train(
        TrainingSnapshot snapshot, string algorithm, TrainedModel? source, List<double> scores, params string[] settings) =>
        Snapshots.Trainer.Train(
            snapshot, Snapshots.Settings(algorithm, settings), 1, new Scores(scores), null,
            source is null ? null : new WarmStartWeights("datasets/x/models/m/versions/1", "abc", source.Weights!), default);

    private static float[] Heads(TrainedModel model, TrainingSnapshot snapshot) =>
        Served.Run(model.Onnx, ServingGraph.LabelerProbabilities, snapshot.Features.Load(), snapshot.FeatureLength);

    private sealed class Scores(List<double> scores) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value is { Phase: "network", ValidationValue: { } score })
            {
                scores.Add(score);
            }
        }
    }
}
