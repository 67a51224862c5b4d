using LabelerService.Core.Models;
using LabelerService.Learning.Unsupervised;
using LabelerService.Storage.Artefacts;
using LabelerService.Storage.Backbones;
using LabelerService.Storage.Queries;
using LabelerService.Storage.Runs;

namespace LabelerService.Trainer.Tests.Running;

public sealed class PretrainingTests : IAsyncLifetime
{
    private Queue _queue = null!;

    public async Task InitializeAsync() => _queue = await Queue.CreateAsync();

    public async Task DisposeAsync() => await _queue.DisposeAsync();

    [Fact]
    public async Task A_queued_pretraining_publishes_a_backbone_and_no_model_and_a_second_one_of_the_same_id_fails()
    {
        await using var trainer = await RunningTrainer.StartAsync(_queue);
        await _queue.AddAsync("run", "bingo", "epochs=3", "restarts=2", "hidden=8");
        var run = await _queue.UntilEndedAsync("run");

        Assert.Equal((RunState.Succeeded, null, null), (run.State, run.Error, run.ModelVersion));
        var backbone = await _queue.Get<BackboneStore>().GetAsync(_queue.Dataset, "bingo", default);
        var manifest = backbone.Manifest;
        Assert.Equal((BackboneSource.Pretrained, "bingo", 8, "run"), (manifest.Source, manifest.Algorithm, manifest.FeatureLength, backbone.RunId));
        Assert.Equal("mlp", manifest.Settings["backbone"]);
        Assert.True(manifest.Metrics["objective"] > 0);
        Assert.Empty(await _queue.ModelsAsync());

        // The same data, settings and seed give the weights that were stored, bit for bit.
        var expected = new BackbonePretrainer(TimeProvider.System, manifest.CodeVersion).Train(
            await _queue.Get<SnapshotReader>().ReadAsync("simulated", default),
            AlgorithmCatalogue.Validate("bingo", run.RequestedSettings), run.Seed, null, null, default);
        Assert.Equal(expected.Weights, await _queue.Get<ArtefactStore>().ReadAsync(backbone.ArtefactSha256, default));

        await _queue.AddAsync("again", "bingo", "epochs=1", "restarts=1", "hidden=8");
        var again = await _queue.UntilEndedAsync("again");
        Assert.Equal(RunState.Failed, again.State);
        Assert.Contains("exists already", again.Error, StringComparison.Ordinal);
    }
}
