using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Core.Training;
using LabelerService.Learning.Algorithms;
using LabelerService.Learning.Tests.Data;
using LabelerService.Learning.Tests.Onnx;
using LabelerService.Learning.Training;
using LabelerService.TestKit.Crowds;
using TorchSharp;

namespace LabelerService.Learning.Tests.Training;

public sealed class ModelTrainerTests
{
    private static readonly SimulatedCrowd Crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions { Items = 200 });

    [Fact]
    public void Every_algorithm_of_the_catalogue_can_be_trained() =>
        Assert.Equal(
            AlgorithmCatalogue.Models.Select(algorithm => algorithm.Id).Order(StringComparer.Ordinal),
            LearningAlgorithms.All.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("bn")]
    [InlineData("dn")]
    [InlineData("wdn")]
    [InlineData("iwdn")]
    [InlineData("biwdn")]
    public void The_same_seed_gives_the_same_file_bit_for_bit_and_another_seed_another(string algorithm)
    {
        var one = Crowd.Snapshot.Train(algorithm, 5, "epochs=3").Onnx;

        Assert.Equal(one, Crowd.Snapshot.Train(algorithm, 5, "epochs=3").Onnx);
        Assert.NotEqual(Weights(one), Weights(Crowd.Snapshot.Train(algorithm, 6, "epochs=3").Onnx));

        float[] Weights(byte[] onnx) => Served.Run(onnx, ServingGraph.Probabilities, Crowd.Snapshot.Features.Load(), 8);
    }

    [Fact]
    public void Another_users_draws_from_libtorch_change_nothing()
    {
        var one = Crowd.Snapshot.Train("wdn", 5, "epochs=2").Onnx;
        using (torch.NewDisposeScope())
        {
            torch.random.manual_seed(99);
            torch.rand(1000);
        }

        Assert.Equal(one, Crowd.Snapshot.Train("wdn", 5, "epochs=2").Onnx);
    }

    [Theory]
    [InlineData("bn")]
    [InlineData("wdn")]
    [InlineData("iwdn")]
    [InlineData("biwdn")]
    public void All_native_tensors_are_released(string algorithm)
    {
        // Finalizers of earlier tests must not count as ours.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        string[] settings = ["epochs=2", "feature_transform=standardize", "l1=0.001", "patience=1", .. algorithm == "wdn" ? (string[])["entropy_penalty=0.1"] : []];
        var before = torch.Tensor.TotalCount;
        _ = Crowd.Snapshot.Train(algorithm, 1, settings);
        _ = Crowd.Snapshot.WithoutGold().Train(algorithm, 1, "epochs=2");

        Assert.Equal(before, torch.Tensor.TotalCount);
    }

    [Fact]
    public void A_cancelled_run_stops_before_the_next_batch_and_releases_all_tensors()
    {
        using var source = new CancellationTokenSource();
        var reports = new List<TrainingProgress>();
        var progress = new Recorder(report =>
        {
            reports.Add(report);
            source.Cancel();
        });
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = torch.Tensor.TotalCount;
        Assert.ThrowsAny<OperationCanceledException>(
            () => Snapshots.Trainer.Train(Crowd.Snapshot, Snapshots.Settings("dn"), 1, progress, source.Token));

        Assert.Single(reports);
        Assert.Equal(before, torch.Tensor.TotalCount);
    }

    [Fact]
    public void Progress_tells_phase_epoch_loss_validation_and_time_left()
    {
        var reports = new List<TrainingProgress>();
        Snapshots.Trainer.Train(
            Crowd.Snapshot, Snapshots.Settings("wdn", "epochs=4", "averaging_epochs=3"), 1, new Recorder(reports.Add), CancellationToken.None);

        Assert.Equal(
            ["network 1/4", "network 2/4", "network 3/4", "network 4/4", "averaging 1/3", "averaging 2/3", "averaging 3/3"],
            reports.Select(report => $"{report.Phase} {report.Epoch}/{report.Epochs}"));
        Assert.True(reports[3].Loss < reports[0].Loss);
        Assert.All(reports, report => Assert.Equal("validation_log_loss", report.ValidationMetric));
        Assert.All(reports, report => Assert.NotNull(report.ValidationValue));
        Assert.True(reports[0].Remaining > TimeSpan.Zero);
        Assert.Equal(TimeSpan.Zero, reports[^1].Remaining);
    }

    [Fact]
    public void Early_stopping_stops_and_keeps_the_best_epoch()
    {
        // Half of the labels are noise and the net is large: the validation loss rises soon.
        var noisy = SimulatedCrowd.Create(new SimulatedCrowdOptions { Items = 200, Accuracies = [0.5, 0.5, 0.5], LabelsPerItem = 1, Classes = 2, Separation = 1 });
        var reports = new List<TrainingProgress>();
        var settings = Snapshots.Settings("bn", "epochs=300", "patience=5", "dropout=0", "learning_rate=0.01", "polyak_decay=0");
        var model = Snapshots.Trainer.Train(noisy.Snapshot, settings, 1, new Recorder(reports.Add), CancellationToken.None);

        Assert.InRange(reports.Count, 6, 100);
        var best = reports.MinBy(report => report.ValidationValue)!;
        Assert.Equal(reports.Count - 5, best.Epoch);
        Assert.Equal(best.ValidationValue!.Value, model.Metric("validation", "log_loss"), 1e-6);
    }

    [Theory]
    [InlineData("bn")]
    [InlineData("dn")]
    [InlineData("wdn")]
    [InlineData("iwdn")]
    [InlineData("biwdn")]
    public void Gold_of_the_training_and_test_splits_is_never_looked_at(string algorithm)
    {
        var snapshot = Crowd.Snapshot;
        var lies = snapshot.With(gold: [.. snapshot.Gold.Select((g, n) => snapshot.Splits[n] == Split.Validation ? g : (n * 7) % 3)]);

        Assert.Equal(
            snapshot.Train(algorithm, 2, "epochs=3", "patience=2").Onnx, lies.Train(algorithm, 2, "epochs=3", "patience=2").Onnx);
    }

    [Fact]
    public void Without_validation_gold_the_annotations_of_the_validation_split_stand_in()
    {
        var model = Crowd.Snapshot.WithoutGold().Train("wdn", 1, "epochs=3");

        var metric = Assert.Single(model.Manifest.Metrics);
        Assert.Equal(("validation", "held_out_log_likelihood", 40 * 3), (metric.Split, metric.Name, metric.Count));
        Assert.InRange(metric.Value, -2, -0.3);
    }

    [Fact]
    public void Without_validation_data_some_training_annotations_are_held_out()
    {
        var snapshot = Crowd.Snapshot.WithoutGold().With(splits: [.. Crowd.Snapshot.Splits.Select(_ => Split.Train)]);
        var model = snapshot.Train("wdn", 1, "epochs=3", "held_out_share=0.25");

        var metric = Assert.Single(model.Manifest.Metrics);
        Assert.Equal(("train", "held_out_log_likelihood", snapshot.Annotations.Count / 4), (metric.Split, metric.Name, metric.Count));
        Assert.Equal(snapshot.Annotations.Count - metric.Count, model.Manifest.Heads.SkipLast(1).Sum(head => head.AnnotationCount));
    }

    [Fact]
    public void The_manifest_tells_what_was_trained_on_what_and_how_well()
    {
        var settings = AlgorithmCatalogue.Validate("wdn", new Dictionary<string, string> { ["epochs"] = "3", ["bootstrap_resamples"] = "50" });
        var manifest = Snapshots.Trainer.Train(Crowd.Snapshot, settings, 42, null, CancellationToken.None).Manifest;

        Assert.Equal(("wdn", 42, "test", 8), (manifest.Algorithm, manifest.Seed, manifest.CodeVersion, manifest.FeatureLength));
        Assert.Equal(Crowd.Snapshot.SnapshotId, manifest.SnapshotId);
        Assert.Equal(Crowd.Snapshot.Annotations.Count, manifest.AnnotationCount);
        Assert.Equal(settings.For(Crowd.Snapshot.Encoding).Effective, manifest.Settings);
        Assert.Equal([.. Crowd.Snapshot.LabelerIds, null], manifest.Heads.Select(head => head.LabelerId));
        Assert.Equal(
            ["validation accuracy 40", "validation log_loss 40", "validation ece 40", "test accuracy 40", "test log_loss 40", "test ece 40"],
            manifest.Metrics.Select(metric => $"{metric.Split} {metric.Name} {metric.Count}"));
        Assert.All(manifest.Metrics.Where(metric => metric.Name != "ece"), metric => Assert.InRange(metric.Value, metric.Low!.Value, metric.High!.Value));
    }

    [Theory]
    [InlineData(2, LabelKind.Binary, "auc", "specificity_at_97_sensitivity")]
    [InlineData(3, LabelKind.Ordinal, "mean_absolute_error", "quadratic_weighted_kappa")]
    public void Binary_and_ordinal_datasets_have_metrics_of_their_own(int classes, LabelKind kind, string one, string other)
    {
        var crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions { Items = 200, Classes = classes, Separation = 2 });
        var schema = crowd.Snapshot.Schema with { LabelKind = kind };
        var settings = AlgorithmCatalogue.Validate("dn", new Dictionary<string, string> { ["epochs"] = "3", ["bootstrap_resamples"] = "50" });
        var metrics = Snapshots.Trainer.Train(crowd.Snapshot.With(schema: schema), settings, 1, null, CancellationToken.None).Manifest.Metrics;

        var test = metrics.Where(metric => metric.Split == "test").ToDictionary(metric => metric.Name);
        Assert.Equal(["accuracy", "log_loss", "ece", one, other], test.Keys);
        foreach (var metric in new[] { test[one], test[other] })
        {
            Assert.InRange(metric.Value, metric.Low!.Value, metric.High!.Value);
            Assert.InRange(metric.Value, 0, 1);
        }
    }

    [Fact]
    public void Labelers_with_too_few_annotations_have_the_shared_head()
    {
        var counts = Enumerable.Range(0, 3).Select(r => (Item: r, Labeler: 0, Class: r % 2)).Append((0, 1, 0)).Append((3, 1, 1)).Append((1, 2, 1));
        var snapshot = Snapshots.Tiny([0, 1, 1, 0, 0, 2, 2, 0], 3, [.. counts]);
        var heads = snapshot.Train("wdn", 1, "min_annotations=2", "epochs=2", "held_out_share=0").Manifest.Heads;

        Assert.Equal(["labeler-0", "labeler-1", null], heads.Select(head => head.LabelerId));
        Assert.Equal([3, 2, 6], heads.Select(head => head.AnnotationCount));
        var alone = Assert.Single(snapshot.Train("dn", 1, "min_annotations=4", "held_out_share=0").Manifest.Heads);
        Assert.Equal((null, 6, 1), (alone.LabelerId, alone.AnnotationCount, alone.Weight));
    }

    [Theory]
    [InlineData("bn")]
    [InlineData("dn")]
    [InlineData("wdn")]
    [InlineData("iwdn")]
    [InlineData("biwdn")]
    public void One_annotation_of_one_item_by_one_labeler_is_enough(string algorithm)
    {
        var model = Snapshots.Tiny([1, 2], 1, (0, 0, 1)).Train(algorithm, 1, "epochs=40");

        Assert.Equal(algorithm == "bn" ? 1 : 2, model.Manifest.Heads.Count);
        Assert.Equal(1, model.Manifest.Heads.Sum(head => head.Weight), 1e-6);
        Assert.True(Served.Run(model.Onnx, ServingGraph.Probabilities, [1, 2], 2)[1] > 0.5);
    }

    [Fact]
    public void Items_that_everybody_labelled_teach_nothing_about_weights()
    {
        // Labelers 0 and 1 both labelled both items: the shared head alone is left to predict them, so the weights stay equal.
        var snapshot = Snapshots.Tiny([0, 1, 1, 0], 2, (0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0));
        var heads = snapshot.Train("wdn", 1, "epochs=5", "held_out_share=0").Manifest.Heads;

        Assert.All(heads, head => Assert.Equal(1.0 / 3, head.Weight, 1e-6));
    }

    [Theory]
    [InlineData("bn")]
    [InlineData("dn")]
    [InlineData("wdn")]
    [InlineData("iwdn")]
    [InlineData("biwdn")]
    public void Training_without_annotations_is_refused(string algorithm)
    {
        var error = Assert.Throws<ServiceException>(() => Snapshots.Tiny([0, 1], 1).Train(algorithm));

        Assert.Equal((ErrorKind.FailedPrecondition, "NO_ANNOTATIONS"), (error.Kind, error.Reason));
    }

    [Fact]
    public void Annotations_outside_the_training_split_do_not_count()
    {
        var snapshot = Snapshots.Tiny([0, 1], 1, (0, 0, 1)).With(splits: [Split.Test]);
        var error = Assert.Throws<ServiceException>(() => snapshot.Train("dn"));

        Assert.Equal("NO_ANNOTATIONS", error.Reason);
        Assert.Contains("training split", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Items_without_vectors_are_refused()
    {
        var text = Snapshots.Tiny([], 1).With(schema: new DatasetSchema(["no", "yes"], LabelKind.Binary, ItemKind.Text, []));

        Assert.Equal("ITEMS_NOT_VECTORS", Assert.Throws<ServiceException>(() => text.Train("bn")).Reason);
    }

    [Fact]
    public void A_loss_that_is_no_number_ends_the_run_with_advice()
    {
        var snapshot = Snapshots.Tiny([3e38f, 3e38f, -3e38f, 3e38f], 1, (0, 0, 0), (1, 0, 1));
        var error = Assert.Throws<ServiceException>(() => snapshot.Train("bn", 1, "learning_rate=1", "dropout=0", "hidden=64,64"));

        Assert.Equal("TRAINING_DIVERGED", error.Reason);
        Assert.Contains("standardize", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_majority_target_splits_ties_evenly()
    {
        var snapshot = Snapshots.Tiny([0, 1, 1, 0], 3, (0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 1), (1, 2, 0));
        var set = TrainingSet.Create(snapshot, 0, new Random(1));

        Assert.Equal([0.5f, 0.5f, 0, 1], set.Targets(LabelTarget.Majority, 2));
        Assert.Equal([0.5f, 0.5f, 1f / 3, 2f / 3], set.Targets(LabelTarget.Mean, 2));
    }

    private sealed class Recorder(Action<TrainingProgress> record) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => record(value);
    }
}
