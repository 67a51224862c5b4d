using System.Runtime.InteropServices;
using LabelerService.Core.Encodings;
using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Core.Tensors;
using LabelerService.Core.Training;
using LabelerService.Learning.Tests.Data;
using LabelerService.Learning.Training;
using LabelerService.TestKit.Crowds;

namespace LabelerService.Learning.Tests.Training;

public sealed class TransferTests
{
    // Two crowds over items of the same kind, whose labelers have nothing to do with each other.
    private static readonly TrainingSnapshot First = SimulatedCrowd.Create(new SimulatedCrowdOptions { Items = 120, Seed = 1 }).Snapshot;
    private static readonly TrainingSnapshot Second = SimulatedCrowd.Create(new SimulatedCrowdOptions { Items = 80, Seed = 2 }).Snapshot;
    private static readonly TrainedModel Source = First.Train("dn", 3, "epochs=5");

    [Theory]
    [InlineData("bn")]
    [InlineData("wdn")]
    public void A_frozen_backbone_is_the_sources_to_the_bit_and_heads_are_new(string algorithm)
    {
        // Penalties pull at every weight, a frozen one's too if they could.
        var model = Train(algorithm, "fine_tune=off", "epochs=5", "weight_decay=0.01", "l1=0.001", "polyak_decay=0.99");
        var (before, after) = (TensorArchive.Read(Source.Weights!), TensorArchive.Read(model.Weights!));

        foreach (var name in BackboneNames())
        {
            Assert.Equal((float[])before.Arrays[name], (float[])after.Arrays[name]);
        }

        Assert.Equal(new ModelTransfer("datasets/first/backbones/b", "abc", Frozen: true), model.Manifest.Transfer);
        Assert.NotEqual(Probabilities(Source), Probabilities(model));
    }

    public static TheoryData<string> AllThatFineTune() =>
        [.. AlgorithmCatalogue.Models.Where(algorithm => algorithm.Settings.Any(setting => setting.Key == "fine_tune")).Select(algorithm => algorithm.Id)];

    [Theory]
    [MemberData(nameof(AllThatFineTune))]
    public void Every_algorithm_that_can_freeze_a_backbone_serves_the_sources(string algorithm)
    {
        var known = AlgorithmCatalogue.Find(algorithm)!.Settings.Select(setting => setting.Key).ToHashSet(StringComparer.Ordinal);
        string[] settings =
        [
            "fine_tune=off", "epochs=2", "weight_decay=0.01", "l1=0.001", "polyak_decay=0.99", "classifier=net", "em_rounds=2", "rounds=2", "repeats=1",
            "folds=2", "averaging_epochs=1", "weight_resamples=0",
        ];
        var model = Train(algorithm, [.. settings.Where(setting => known.Contains(setting.Split('=')[0]))]);

        // Weights are in the graph as they are in memory.
        var weights = (float[])TensorArchive.Read(Source.Weights!).Arrays[BackboneNames()[0]];
        Assert.NotEqual(-1, model.Onnx.AsSpan().IndexOf(MemoryMarshal.AsBytes(weights.AsSpan())));
    }

    [Fact]
    public void A_fine_tuned_backbone_starts_at_the_source_and_moves()
    {
        var resting = Backbone(Train("dn", "epochs=1", "learning_rate=0.0000001"));
        var moved = Backbone(Train("dn", "epochs=5"));
        var source = Backbone(Source);

        Assert.Equal(source.Length, resting.Length);
        Assert.All(source.Zip(resting), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
        Assert.Contains(source.Zip(moved), pair => Math.Abs(pair.First - pair.Second) > 1e-3);
        Assert.False(Train("dn", "epochs=1").Manifest.Transfer!.Frozen);
    }

    [Fact]
    public void The_same_run_with_a_transferred_backbone_gives_the_same_bits() =>
        Assert.Equal(Train("wdn", "fine_tune=off", "epochs=3").Onnx, Train("wdn", "fine_tune=off", "epochs=3").Onnx);

    [Fact]
    public void A_backbone_of_another_shape_is_refused_by_the_name_of_what_differs()
    {
        var error = Assert.Throws<ServiceException>(() => Train("dn", "epochs=1", "hidden=16"));
        Assert.Equal((ErrorKind.FailedPrecondition, "BACKBONE_MISMATCH"), (error.Kind, error.Reason));
        Assert.Contains(BackboneNames()[0], error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_does_not_fit_is_known_before_a_run_exists()
    {
        var manifest = Source.Manifest;
        string? Problem(string algorithm, ModelManifest version, bool weights, params string[] settings) =>
            PretrainedRules.Problem(Snapshots.Settings(algorithm, settings), Second.Schema, version, weights);

        Assert.Null(Problem("wdn", manifest, true));
        Assert.Null(Problem("wdn", manifest with { Classes = ["other", "classes", "here"] }, true));
        Assert.Contains("set hidden=128", Problem("wdn", manifest, true, "hidden=64"), StringComparison.Ordinal);
        Assert.Contains("set capacity=m", Problem("wdn", manifest, true, "capacity=s"), StringComparison.Ordinal);
        Assert.Contains("linear", Problem("wdn", manifest, true, "backbone=linear"), StringComparison.Ordinal);
        Assert.Contains("9 values", Problem("wdn", manifest with { FeatureLength = 9, Encoding = null }, true), StringComparison.Ordinal);
        Assert.Contains("without its weights", Problem("wdn", manifest, false), StringComparison.Ordinal);
        Assert.Contains("auto takes extractors only", Problem("auto", manifest, true), StringComparison.Ordinal);
        Assert.Contains("classifier=net", Problem("consensus", manifest, true), StringComparison.Ordinal);
        Assert.Null(Problem("consensus", manifest, true, "classifier=net", "feature_transform=none"));
        Assert.Contains("frozen", Problem("dn", manifest, true, "fine_tune=off", "quantisation=bc"), StringComparison.Ordinal);
    }

    private static TrainedModel Train(string algorithm, params string[] settings) =>
        Snapshots.Trainer.Train(
            Second, Snapshots.Settings(algorithm, settings), 5, null, null, null,
            new BackboneStart("datasets/first/backbones/b", "abc", Source.Weights!), default);

    private static string[] BackboneNames()
    {
        var network = new Network(Snapshots.Settings("dn"), ItemEncoding.OfValues(First.FeatureLength), 1, 2);
        return [.. network.Layout.Entries.Take(network.BackboneParameters).Select(entry => entry.Name)];
    }

    private static float[] Backbone(TrainedModel model) =>
        [.. BackboneNames().SelectMany(name => (float[])TensorArchive.Read(model.Weights!).Arrays[name])];

    private static float[] Probabilities(TrainedModel model) =>
        Onnx.Served.Run(model.Onnx, ServingGraph.Probabilities, Second.Features.Load(), Second.FeatureLength);
}
