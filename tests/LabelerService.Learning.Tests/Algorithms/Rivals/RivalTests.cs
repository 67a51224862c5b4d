using LabelerService.Core.Annotations;
using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Core.Training;
using LabelerService.Learning.Algorithms;
using LabelerService.Learning.Ensembles;
using LabelerService.Learning.Tests.Data;
using LabelerService.Learning.Training;
using LabelerService.TestKit.Crowds;
using static TorchSharp.torch;

namespace LabelerService.Learning.Tests.Algorithms.Rivals;

/// <summary>Every rival on crowds whose truth is known.</summary>
public sealed class RivalTests
{
    private static readonly double[] Accuracies = [0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6];

    private static readonly SimulatedCrowd Small = SimulatedCrowd.Create(new SimulatedCrowdOptions { Items = 120 });

    private static readonly SimulatedCrowd Easy = SimulatedCrowd.Create(new SimulatedCrowdOptions
    {
        Items = 1500,
        Accuracies = Accuracies,
        Separation = 4,
    });

    private static readonly Lazy<double> Baseline = new(() => Easy.Snapshot.Train("bn", 1, Settings).Metric("test", "accuracy"));

    private static string[] Settings => ["epochs=25", "hidden=32", "learning_rate=0.003"];

    public static TheoryData<string, string> Rivals() => new()
    {
        { "bn", "target=dawid_skene" },
        { "noise_layer", "noise=shared" },
        { "noise_layer", "noise=labeler" },
        { "welinder_perona", "" },
        { "raykar", "" },
        { "crowd_layer", "" },
        { "trace_norm", "" },
        { "conal", "" },
        { "annot_mix", "" },
        { "crowdlab", "" },
    };

    [Theory]
    [MemberData(nameof(Rivals))]
    public void On_an_easy_crowd_a_rival_is_no_worse_than_the_baseline_net(string algorithm, string setting)
    {
        var model = Easy.Snapshot.Train(algorithm, 1, With(Settings, setting));

        Assert.True(
            model.Metric("test", "accuracy") >= Baseline.Value - 0.015, $"{model.Metric("test", "accuracy")} against {Baseline.Value}");
    }

    /// <summary>CrowdLayer and CoNAL have no confusion to recover: a softmax over a weighted distribution is not one.</summary>
    [Theory]
    [InlineData("noise_layer", "noise=labeler")]
    [InlineData("welinder_perona", "")]
    [InlineData("raykar", "")]
    [InlineData("trace_norm", "epochs=60")]
    [InlineData("annot_mix", "epochs=60")]
    [InlineData("crowdlab", "")]
    public void Confusions_are_those_the_labelers_were_simulated_with(string algorithm, string setting)
    {
        using var scope = NewDisposeScope();
        using var task = Task(Snapshots.Settings(algorithm, With(Settings, setting)));
        using var ensemble = LearningAlgorithms.All[algorithm].Train(task).Ensemble;
        var confusions = Assert.IsType<ConfusionEnsemble>(ensemble).Confusions.contiguous().data<float>().ToArray();

        Assert.All(confusions.Chunk(3), row => Assert.Equal(1, row.Sum(), 1e-4));
        var errors = confusions.Select((theta, cell) => Math.Abs(theta - Easy.Confusions[cell / 9][cell / 3 % 3][cell % 3]));
        Assert.True(errors.Average() < 0.05, $"{errors.Average()}");
    }

    [Theory]
    [MemberData(nameof(Rivals))]
    public void The_same_seed_gives_the_same_file_whatever_gold_says_and_no_tensor_is_left(string algorithm, string setting)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = Tensor.TotalCount;
        var snapshot = Small.Snapshot;
        var one = snapshot.Train(algorithm, 5, With(["epochs=3", "patience=2"], setting)).Onnx;
        var lies = snapshot.With(gold: [.. snapshot.Gold.Select((g, n) => snapshot.Splits[n] == Split.Validation ? g : (n * 7) % 3)]);

        Assert.Equal(one, lies.Train(algorithm, 5, With(["epochs=3", "patience=2"], setting)).Onnx);
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Theory]
    [MemberData(nameof(Rivals))]
    public void A_cancelled_run_stops_and_releases_all_tensors(string algorithm, string setting)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        using var source = new CancellationTokenSource();
        var before = Tensor.TotalCount;
        var settings = Snapshots.Settings(algorithm, With(["epochs=3"], setting));

        Assert.ThrowsAny<OperationCanceledException>(
            () => Snapshots.Trainer.Train(Small.Snapshot, settings, 1, new Canceller(source), source.Token));
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Theory]
    [InlineData("noise_layer")]
    [InlineData("raykar")]
    [InlineData("crowdlab")]
    public void Progress_counts_the_epochs_of_the_whole_run(string algorithm)
    {
        var reports = new List<TrainingProgress>();
        Snapshots.Trainer.Train(
            Small.Snapshot, Snapshots.Settings(algorithm, With(["epochs=6"], algorithm == "noise_layer" ? "em_rounds=3" : "")), 1,
            new Recorder(reports), CancellationToken.None);

        Assert.Equal(Enumerable.Range(1, reports.Count), reports.Select(report => report.Epoch));
        Assert.All(reports, report => Assert.Equal(reports.Count, report.Epochs));
        Assert.Equal(TimeSpan.Zero, reports[^1].Remaining);
    }

    [Theory]
    [InlineData("bn", "target=dawid_skene")]
    [InlineData("noise_layer", "noise=shared")]
    [InlineData("noise_layer", "noise=labeler")]
    [InlineData("welinder_perona", "")]
    [InlineData("raykar", "")]
    [InlineData("crowdlab", "")]
    public void The_consensus_on_training_items_beats_the_majority(string algorithm, string setting)
    {
        using var scope = NewDisposeScope();
        using var task = Task(Snapshots.Settings(algorithm, With(Settings, setting)));
        var set = task.Set;
        var trained = LearningAlgorithms.Train(task);
        using var ensemble = trained.Ensemble;

        Assert.All(trained.Consensus!.Chunk(3), row => Assert.Equal(1, row.Sum(), 1e-4));
        Assert.True(Right(trained.Consensus!) > Right(set.Targets(LabelTarget.Majority, 3)) + 0.02);

        double Right(float[] distributions) => set.Items.Where((n, i) =>
            distributions[(i * 3) + Easy.Truth[n]] >= distributions[(i * 3)..((i + 1) * 3)].Max()
            && distributions[(i * 3)..((i + 1) * 3)].Count(p => p == distributions[(i * 3) + Easy.Truth[n]]) == 1).Count() / (double)set.Items.Length;
    }

    [Fact]
    public void More_confusions_than_fit_are_refused_before_anything_is_allocated()
    {
        // 60 labelers × 1,000² cells, of two items.
        var classes = Enumerable.Range(0, 1000).Select(k => $"class-{k}").ToArray();
        var tiny = Snapshots.Tiny([0, 1, 1, 0], 60);
        var snapshot = tiny.With(
            schema: new DatasetSchema(classes, LabelKind.MultiClass, ItemKind.Vector, [2]),
            annotations: new AnnotationTable(
                2, 60, 1000, [.. Enumerable.Range(0, 60).Select(r => r % 2)], [.. Enumerable.Range(0, 60)], [.. Enumerable.Range(0, 60)]));
        var error = Assert.Throws<ServiceException>(() => snapshot.Train("crowd_layer", 1, "held_out_share=0"));

        Assert.Equal((ErrorKind.FailedPrecondition, "TOO_MANY_CONFUSIONS"), (error.Kind, error.Reason));
    }

    private static LearningTask Task(TrainingSettings settings)
    {
        var (snapshot, streams) = (Easy.Snapshot, new RandomStreams(1));
        var set = TrainingSet.Create(snapshot, settings.HeldOutShare, streams.Managed(RandomStream.HeldOut));
        var raw = tensor(snapshot.Features.Load(), snapshot.ItemIds.Length, snapshot.FeatureLength);
        return new LearningTask(snapshot, set, settings, streams, raw, new RunControl(TimeProvider.System, null, CancellationToken.None));
    }

    // A later setting of the same key wins.
    private static string[] With(string[] settings, string setting) =>
        setting.Length == 0 ? settings : [.. settings.Where(s => s.Split('=')[0] != setting.Split('=')[0]), setting];

    private sealed class Recorder(List<TrainingProgress> reports) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => reports.Add(value);
    }

    private sealed class Canceller(CancellationTokenSource source) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => source.Cancel();
    }
}
