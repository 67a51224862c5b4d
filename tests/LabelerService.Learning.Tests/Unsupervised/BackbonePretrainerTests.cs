using LabelerService.Core.Errors;
using LabelerService.Core.Metrics;
using LabelerService.Core.Models;
using LabelerService.Core.Tensors;
using LabelerService.Core.Training;
using LabelerService.Learning.Checkpoints;
using LabelerService.Learning.Unsupervised;
using LabelerService.TestKit.Crowds;
using LabelerService.TestKit.Crowds.Sequences;
using TorchSharp;

namespace LabelerService.Learning.Tests.Unsupervised;

public sealed class BackbonePretrainerTests
{
    private const int Seed = 3;
    private static readonly BackbonePretrainer Pretrainer = new(TimeProvider.System, "test");
    private static readonly SequenceSet Sequences = SequenceTasks.Symbols(60, 6, 12, 1);
    private static readonly TrainingSnapshot Data = Sequences.ToSnapshot();

    [Theory]
    [InlineData("bingo", "lstm")]
    [InlineData("neo", "lstm")]
    [InlineData("bingo", "gru")]
    [InlineData("neo", "gru")]
    public void The_same_seed_gives_the_same_weights_bit_for_bit_and_another_seed_others(string algorithm, string backbone)
    {
        var one = Train(algorithm, Seed, $"backbone={backbone}").Weights;

        Assert.Equal(Convert.ToHexString(one), Convert.ToHexString(Train(algorithm, Seed, $"backbone={backbone}").Weights));
        Assert.NotEqual(Convert.ToHexString(one), Convert.ToHexString(Train(algorithm, Seed + 1, $"backbone={backbone}").Weights));
    }

    [Theory]
    [InlineData("bingo")]
    [InlineData("neo")]
    public void A_run_interrupted_after_every_epoch_gives_the_weights_of_an_undisturbed_one(string algorithm)
    {
        string[] settings = ["restarts=2", "outputs=2", "dropout=0.2"];
        var undisturbed = Train(algorithm, Seed, settings);
        TrainingCheckpoint? resume = null;
        PretrainedBackbone? backbone = null;
        var interruptions = 0;
        while (backbone is null)
        {
            using var source = new CancellationTokenSource();
            var plan = new CheckpointPlan(
                () => true,
                checkpoint =>
                {
                    resume = TrainingCheckpoint.Read(checkpoint.ToBytes());
                    source.Cancel();
                },
                resume);
            try
            {
                backbone = Pretrainer.Train(Data, Settings(algorithm, settings), Seed, null, plan, source.Token);
            }
            catch (OperationCanceledException)
            {
                interruptions++;
            }
        }

        Assert.True(interruptions >= 4, $"{interruptions} interruptions");
        Assert.Equal(Convert.ToHexString(undisturbed.Weights), Convert.ToHexString(backbone.Weights));
        Assert.Equal(undisturbed.Metrics, backbone.Metrics);
    }

    [Fact]
    public void A_checkpoint_of_another_run_is_refused()
    {
        TrainingCheckpoint? checkpoint = null;
        Pretrainer.Train(Data, Settings("bingo"), Seed, null, new CheckpointPlan(() => true, taken => checkpoint = taken), default);

        Assert.Throws<CheckpointUnusableException>(
            () => Pretrainer.Train(Data, Settings("bingo", "outputs=2"), Seed, null, new CheckpointPlan(() => false, _ => { }, checkpoint), default));
        Assert.Throws<CheckpointUnusableException>(
            () => Pretrainer.Train(Data, Settings("neo"), Seed, null, new CheckpointPlan(() => false, _ => { }, checkpoint), default));
    }

    [Fact]
    public void Runs_of_models_and_of_backbones_know_each_others_checkpoints_by_the_same_names()
    {
        // The trainer asks one of them whether a run can be gone on with.
        TrainingCheckpoint? checkpoint = null;
        Pretrainer.Train(Data, Settings("bingo"), Seed, null, new CheckpointPlan(() => true, taken => checkpoint = taken), default);
        var trainer = new ModelTrainer(TimeProvider.System, "test");

        Assert.Null(trainer.WhyUnusable(checkpoint!, Data, Settings("bingo"), Seed));
        Assert.NotNull(trainer.WhyUnusable(checkpoint!, Data, Settings("bingo"), Seed + 1));
    }

    [Fact]
    public void Cancelling_ends_the_run_before_the_next_batch()
    {
        using var source = new CancellationTokenSource();
        var epochs = new List<TrainingProgress>();
        var progress = new Immediately(report =>
        {
            epochs.Add(report);
            source.Cancel();
        });

        Assert.Throws<OperationCanceledException>(() => Pretrainer.Train(Data, Settings("neo"), Seed, progress, null, source.Token));
        var first = Assert.Single(epochs);
        Assert.Equal(("pretraining", 1), (first.Phase, first.Epoch));
    }

    [Fact]
    public void Of_several_starts_the_best_by_the_objective_on_items_held_out_is_kept()
    {
        var one = Train("bingo", Seed, "restarts=1", "epochs=4");
        var several = Train("bingo", Seed, "restarts=4", "epochs=4");

        Assert.True(several.Metrics["objective"] >= one.Metrics["objective"], $"{several.Metrics["objective"]} {one.Metrics["objective"]}");
        Assert.InRange(several.Metrics["restart"], 1, 4);
        Assert.True(several.Metrics["spread_of_restarts"] > 0);
    }

    [Fact]
    public void Labels_and_gold_change_nothing()
    {
        var labelled = Sequences.ToSnapshot(gold: [.. Sequences.Classes]);

        Assert.Equal(
            Convert.ToHexString(Train("bingo", Seed).Weights),
            Convert.ToHexString(Pretrainer.Train(labelled, Settings("bingo"), Seed, null, null, default).Weights));
    }

    [Theory]
    [InlineData("bingo")]
    [InlineData("neo")]
    public void Kinds_of_sequences_are_found_without_labels(string algorithm)
    {
        var set = SequenceTasks.Symbols(120, 20, 30, 2);
        using var snapshot = set.ToSnapshot();
        var settings = Settings(algorithm, "epochs=40", "restarts=4");
        var backbone = Pretrainer.Train(snapshot, settings, 1, null, null, default);
        var outputs = BackbonePretrainer.Look(backbone, snapshot, settings, 1, default).Outputs;

        var found = PartitionAgreement.AdjustedMutualInformation([.. outputs.Select(output => output > 0 ? 1 : 0)], set.Classes);
        Assert.True(found > 0.6, $"AMI {found}");
    }

    [Theory]
    [InlineData("bingo")]
    [InlineData("neo")]
    public void Clusters_of_vectors_are_found_without_labels(string algorithm)
    {
        var crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions { Items = 150, Classes = 2, Dimensions = 4, Separation = 4 });
        var settings = Settings(algorithm, "epochs=60", "restarts=3", "hidden=16");
        var backbone = Pretrainer.Train(crowd.Snapshot, settings, 1, null, null, default);
        var outputs = BackbonePretrainer.Look(backbone, crowd.Snapshot, settings, 1, default).Outputs;

        var found = PartitionAgreement.AdjustedMutualInformation([.. outputs.Select(output => output > 0 ? 1 : 0)], [.. crowd.Truth]);
        Assert.True(found > 0.8, $"AMI {found}");
    }

    [Fact]
    public void Weights_are_written_by_name_and_shape_as_those_of_models_are_without_heads()
    {
        var archive = TensorArchive.Read(Train("bingo", Seed, "outputs=2").Weights);

        Assert.Equal("weights", archive.Metadata["kind"]);
        Assert.Equal("[]", archive.Metadata["labelers"]);
        Assert.Equal([64L, 4], archive.Shapes["lstm.input"]);
        Assert.Equal([2L, 16], archive.Shapes["readout.weight"]);
    }

    [Fact]
    public void Outputs_have_mean_zero_and_standard_deviation_one_over_the_items_trained_on()
    {
        var settings = Settings("neo", "held_out_share=0");
        var view = BackbonePretrainer.Look(Pretrainer.Train(Data, settings, Seed, null, null, default), Data, settings, Seed, default);

        Assert.Equal(0, view.Outputs.Average(), 1e-4);
        Assert.Equal(1, view.Outputs.Average(output => output * output), 1e-3);
        Assert.Equal(Sequences.Count * view.Width, view.Representation.Length);
    }

    [Fact]
    public void A_batch_that_does_not_fit_into_memory_at_once_gives_the_gradient_of_one_that_does()
    {
        // Wide enough for sequences of 4000 steps to be worked on a few at a time.
        var set = SequenceTasks.Symbols(20, 3, 5, 1);
        using var whole = set.ToSnapshot();
        using var padded = Padded(set, 4000).ToSnapshot();
        string[] settings = ["capacity=m", "epochs=1", "held_out_share=0", "views=3", "memory=5"];

        var expected = TensorArchive.Read(Pretrainer.Train(whole, Settings("neo", settings), Seed, null, null, default).Weights);
        var actual = TensorArchive.Read(Pretrainer.Train(padded, Settings("neo", settings), Seed, null, null, default).Weights);

        Assert.All(expected.Arrays, pair => Assert.Equal((float[])pair.Value, (float[])actual.Arrays[pair.Key], (a, b) => Math.Abs(a - b) < 1e-4));
    }

    [Fact]
    public void Too_few_items_or_items_of_a_step_and_a_backbone_without_weights_are_refused_with_what_to_do()
    {
        using var few = SequenceTasks.Symbols(10, 3, 5, 1).ToSnapshot();
        Assert.Equal(
            "TOO_FEW_ITEMS", Assert.Throws<ServiceException>(() => Pretrainer.Train(few, Settings("bingo"), Seed, null, null, default)).Reason);

        var vectors = SimulatedCrowd.Create(new SimulatedCrowdOptions { Items = 40 }).Snapshot;
        var linear = Assert.Throws<ServiceException>(() => Pretrainer.Train(vectors, Settings("bingo", "backbone=linear"), Seed, null, null, default));
        Assert.Equal("settings[backbone]", linear.Violations.Single().Field);
        // Of one item at a time neither objective says anything: one trains nothing, the other is no number.
        var single = Assert.Throws<ServiceException>(() => Pretrainer.Train(vectors, Settings("neo", "batch_size=1"), Seed, null, null, default));
        Assert.Equal("settings[batch_size]", single.Violations.Single().Field);
    }

    [Fact]
    public void All_native_tensors_are_released()
    {
        Train("neo", Seed, "outputs=2");
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = torch.Tensor.TotalCount;
        Train("neo", Seed, "outputs=2");

        Assert.Equal(before, torch.Tensor.TotalCount);
    }

    private static SequenceSet Padded(SequenceSet set, int steps)
    {
        var (length, wide) = (set.Rows.Length / set.Count, 1 + (steps * set.StepLength));
        var rows = new float[set.Count * wide];
        for (var n = 0; n < set.Count; n++)
        {
            set.Rows.AsSpan(n * length, length).CopyTo(rows.AsSpan(n * wide));
        }

        return set with { MaxSteps = steps, Rows = rows };
    }

    private static PretrainedBackbone Train(string algorithm, long seed, params ReadOnlySpan<string> settings) =>
        Pretrainer.Train(Data, Settings(algorithm, settings), seed, null, null, default);

    private static TrainingSettings Settings(string algorithm, params ReadOnlySpan<string> settings)
    {
        var map = new Dictionary<string, string> { ["capacity"] = "s", ["epochs"] = "2", ["restarts"] = "1", ["outputs"] = "1", ["batch_size"] = "32" };
        foreach (var setting in settings)
        {
            var at = setting.IndexOf('=', StringComparison.Ordinal);
            map[setting[..at]] = setting[(at + 1)..];
        }

        return AlgorithmCatalogue.Validate(algorithm, map);
    }

    private sealed class Immediately(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
