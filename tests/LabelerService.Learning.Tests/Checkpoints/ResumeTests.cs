using LabelerService.Core.Models;
using LabelerService.Core.Training;
using LabelerService.Learning.Algorithms;
using LabelerService.Learning.Checkpoints;
using LabelerService.Learning.Tests.Data;
using LabelerService.TestKit.Crowds;
using TorchSharp;

namespace LabelerService.Learning.Tests.Checkpoints;

public sealed class ResumeTests
{
    private const int Seed = 11;

    // Whoever never gets ahead is stuck.
    private const int MostInterruptions = 5000;

    private static readonly TrainingSnapshot Data =
        SimulatedCrowd.Create(new SimulatedCrowdOptions { Items = 60 }).Snapshot;

    public static TheoryData<string, string> Runs => new()
    {
        { "bn", "epochs=3" },
        { "bn", "epochs=2 target=dawid_skene distil=on" },
        { "dn", "epochs=4 patience=1 weight_decay=0.01" },
        { "wdn", "epochs=2 averaging_epochs=2 weight_resamples=3" },
        { "wdn", "epochs=3 patience=2 averaging_epochs=3 weight_resamples=2 min_annotations=3" },
        { "iwdn", "epochs=2 averaging_epochs=2 weight_resamples=2" },
        { "biwdn", "epochs=2 averaging_epochs=2 weight_resamples=0" },
        { "consensus", "rounds=3 repeats=2 folds=2" },
        { "consensus", "classifier=random_features rounds=3 repeats=1 folds=2 random_units=16" },
        { "consensus", "classifier=logistic rounds=3 repeats=1 folds=2 distil=on epochs=2" },
        { "consensus", "classifier=net rounds=2 repeats=2 folds=2 epochs=2" },
        { "noise_layer", "epochs=4 em_rounds=2" },
        { "noise_layer", "epochs=3 em_rounds=3 noise=labeler patience=1" },
        { "welinder_perona", "epochs=2" },
        { "raykar", "epochs=5" },
        { "crowd_layer", "epochs=2" },
        { "trace_norm", "epochs=2" },
        { "conal", "epochs=2" },
        { "annot_mix", "epochs=3" },
        { "crowdlab", "epochs=2 folds=2" },
        { "bn", "epochs=3 quantisation=sr bits=2 distil=on" },
        { "dn", "epochs=4 quantisation=bc patience=1 learning_rate=0.01" },
        { "wdn", "epochs=2 quantisation=sr averaging_epochs=2 weight_resamples=0" },
        { "raykar", "epochs=4 quantisation=bwn learning_rate=0.01" },
        { "noise_layer", "epochs=4 em_rounds=2 quantisation=sr bits=3" },
    };

    [Theory]
    [MemberData(nameof(Runs))]
    public void A_run_interrupted_after_every_epoch_gives_the_file_of_an_undisturbed_one(string algorithm, string settings)
    {
        var undisturbed = Data.Train(algorithm, Seed, [.. Settings(settings)]);

        var (model, interruptions) = TrainInterrupted(algorithm, Settings(settings), bytes => TrainingCheckpoint.Read(bytes));

        Assert.True(interruptions >= 2, $"{interruptions} interruptions");
        Assert.Equal(Convert.ToHexString(undisturbed.Onnx), Convert.ToHexString(model.Onnx));
        Assert.Equal(undisturbed.Manifest.Heads, model.Manifest.Heads);
        Assert.Equal(undisturbed.Consensus, model.Consensus);
        Assert.Equal(undisturbed.OutOfFold, model.OutOfFold);
    }

    [Fact]
    public void The_automatic_choice_goes_on_where_it_was_with_every_candidate()
    {
        // After every tenth candidate, and now and then within one.
        var undisturbed = Data.Train("auto", Seed, "bootstrap_resamples=0");
        var visits = 0;
        var (model, interruptions) = TrainInterrupted(
            "auto", ["bootstrap_resamples=0"], bytes => TrainingCheckpoint.Read(bytes),
            checkpoint => checkpoint.Phase == "choosing" ? checkpoint.Epoch % 10 == 0 : ++visits % 400 == 0);

        Assert.True(interruptions >= 3, $"{interruptions} interruptions");
        Assert.Equal(Convert.ToHexString(undisturbed.Onnx), Convert.ToHexString(model.Onnx));
        Assert.Equal(undisturbed.Manifest.Selection!.Reason, model.Manifest.Selection!.Reason);
    }

    [Theory]
    [InlineData("wdn", "backbone=lstm capacity=s epochs=2 averaging_epochs=1 weight_resamples=0 feature_transform=standardize")]
    [InlineData("bn", "backbone=gru capacity=s epochs=3")]
    [InlineData("wdn", "backbone=cnn capacity=s epochs=2 averaging_epochs=1 weight_resamples=0")]
    public void A_run_on_sequences_or_images_interrupted_after_every_epoch_gives_the_file_of_an_undisturbed_one(string algorithm, string settings)
    {
        var data = settings.Contains("cnn", StringComparison.Ordinal) ? ToyItems.Images(40) : ToyItems.Sequences(40);
        var undisturbed = data.Train(algorithm, Seed, [.. Settings(settings)]);

        var (model, interruptions) = TrainInterrupted(algorithm, Settings(settings), bytes => TrainingCheckpoint.Read(bytes), data: data);

        Assert.True(interruptions >= 2, $"{interruptions} interruptions");
        Assert.Equal(Convert.ToHexString(undisturbed.Onnx), Convert.ToHexString(model.Onnx));
    }

    [Fact]
    public void Every_algorithm_of_the_catalogue_is_interrupted_here() =>
        Assert.Equal(
            LearningAlgorithms.All.Keys.Order(StringComparer.Ordinal),
            Runs.Select(run => (string)run[0]).Append("auto").Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void Steps_grow_with_every_checkpoint_and_across_interruptions()
    {
        var steps = new List<long>();
        TrainInterrupted("wdn", Settings("epochs=3 averaging_epochs=2 weight_resamples=2"), bytes =>
        {
            var checkpoint = TrainingCheckpoint.Read(bytes);
            steps.Add(checkpoint.Steps);
            return checkpoint;
        });

        Assert.True(steps.Count > 5, $"{steps.Count} checkpoints");
        Assert.Equal(steps.Distinct().Order(), steps);
    }

    [Theory]
    [InlineData("wdn", Seed, "epochs=4", "setting epochs")]
    [InlineData("wdn", Seed + 1, "epochs=3", "seed")]
    [InlineData("dn", Seed, "epochs=3", "algorithm")]
    public void A_checkpoint_of_another_run_is_refused(string algorithm, int seed, string settings, string difference)
    {
        var checkpoint = FirstCheckpoint("wdn", "epochs=3");
        var error = Assert.Throws<CheckpointUnusableException>(() => Train(algorithm, seed, Settings(settings), Plan(checkpoint)));
        if (algorithm == "wdn")
        {
            Assert.Contains(difference, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_checkpoint_of_other_data_or_other_code_is_refused()
    {
        var checkpoint = FirstCheckpoint("wdn", "epochs=3");
        var settings = AlgorithmCatalogue.Validate("wdn", Map(Settings("epochs=3")));
        var code = Assert.Throws<CheckpointUnusableException>(
            () => new ModelTrainer(TimeProvider.System, "other").Train(Data, settings, Seed, null, Plan(checkpoint), null, default));
        Assert.Contains("code version", code.Message, StringComparison.Ordinal);
        var other = SimulatedCrowd.Create(new SimulatedCrowdOptions { Items = 61 }).Snapshot;
        Assert.Throws<CheckpointUnusableException>(() => Snapshots.Trainer.Train(other, settings, Seed, null, Plan(checkpoint), null, default));
    }

    [Fact]
    public void Every_damaged_byte_and_every_missing_end_makes_a_checkpoint_unusable()
    {
        var bytes = FirstCheckpoint("bn", "epochs=2").ToBytes();
        for (var at = 0; at < bytes.Length; at += 997)
        {
            var damaged = (byte[])bytes.Clone();
            damaged[at] ^= 0x10;
            Assert.Throws<CheckpointUnusableException>(() => TrainingCheckpoint.Read(damaged));
            Assert.Throws<CheckpointUnusableException>(() => TrainingCheckpoint.Read(bytes.AsSpan(0, at)));
        }
    }

    [Fact]
    public void All_native_tensors_are_released_after_a_resumed_run()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var checkpoint = FirstCheckpoint("wdn", "epochs=3");
        var before = torch.Tensor.TotalCount;
        Train("wdn", Seed, Settings("epochs=3"), Plan(checkpoint));

        Assert.Equal(before, torch.Tensor.TotalCount);
    }

    private static (TrainedModel Model, int Interruptions) TrainInterrupted(
        string algorithm, IEnumerable<string> settings, Func<byte[], TrainingCheckpoint> read, Func<TrainingCheckpoint, bool>? interrupts = null,
        TrainingSnapshot? data = null)
    {
        TrainingCheckpoint? resume = null;
        for (var interruptions = 0; interruptions < MostInterruptions; interruptions++)
        {
            byte[]? taken = null;
            var plan = new CheckpointPlan(
                () => true,
                checkpoint =>
                {
                    if (interrupts?.Invoke(checkpoint) ?? true)
                    {
                        taken = checkpoint.ToBytes();
                        throw new OperationCanceledException();
                    }
                },
                resume);
            try
            {
                return (Train(algorithm, Seed, settings, plan, data), interruptions);
            }
            catch (OperationCanceledException)
            {
                var next = read(taken!);
                Assert.True(next.Steps > (resume?.Steps ?? 0), $"stuck at {next.Phase} {next.Epoch}, step {next.Steps}");
                resume = next;
            }
        }

        throw new InvalidOperationException("The run does not end.");
    }

    private static TrainingCheckpoint FirstCheckpoint(string algorithm, string settings)
    {
        TrainingCheckpoint? first = null;
        Train(algorithm, Seed, Settings(settings), new CheckpointPlan(() => true, checkpoint => first ??= checkpoint));
        return first!;
    }

    private static CheckpointPlan Plan(TrainingCheckpoint resume) => new(() => false, _ => { }, resume);

    private static TrainedModel Train(string algorithm, int seed, IEnumerable<string> settings, CheckpointPlan plan, TrainingSnapshot? data = null) =>
        Snapshots.Trainer.Train(data ?? Data, AlgorithmCatalogue.Validate(algorithm, Map(settings)), seed, null, plan, null, default);

    private static IEnumerable<string> Settings(string text) => text.Split(' ').Append("bootstrap_resamples=0");

    private static Dictionary<string, string> Map(IEnumerable<string> settings) =>
        settings.Select(setting => setting.Split('=')).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
}
