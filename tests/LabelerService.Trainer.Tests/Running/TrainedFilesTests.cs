using LabelerService.Core.Models;
using LabelerService.Learning;
using LabelerService.Storage.Artefacts;
using LabelerService.Storage.Models;
using LabelerService.Storage.Queries;
using LabelerService.Storage.Runs;
using LabelerService.Trainer.Running;

namespace LabelerService.Trainer.Tests.Running;

/// <summary>What is kept of the items that a run was trained on.</summary>
public sealed class TrainedFilesTests : IAsyncLifetime
{
    private static readonly Dictionary<string, string> Quick =
        new() { ["rounds"] = "2", ["repeats"] = "1", ["folds"] = "2", ["bootstrap_resamples"] = "0" };

    private Queue _queue = null!;

    public async Task InitializeAsync() => _queue = await Queue.CreateAsync();

    public Task DisposeAsync() => _queue.DisposeAsync().AsTask();

    [Fact]
    public async Task A_run_publishes_its_training_items_by_key_with_their_features_fingerprints_and_distributions()
    {
        await using var trainer = await RunningTrainer.StartAsync(_queue);
        await _queue.Runs.CreateAsync(_queue.Dataset, new RunWrite("consensus", "consensus", "consensus", 1, Quick), null, default);
        await _queue.AddAsync("dn", "dn", "epochs=1");
        Assert.Equal((RunState.Succeeded, null), await EndAsync("consensus"));
        Assert.Equal((RunState.Succeeded, null), await EndAsync("dn"));
        using var snapshot = await _queue.Get<SnapshotReader>().ReadAsync(_queue.Dataset.Id, default);
        var (consensus, dn) = (await TableAsync("consensus"), await TableAsync("dn"));
        var model = new ModelTrainer(TimeProvider.System, "test").Train(snapshot, AlgorithmCatalogue.Validate("consensus", Quick), 1, null, default);

        Assert.Equal(model.TrainingItems.Select(n => snapshot.ItemKeys[n]), consensus.ItemKeys);
        Assert.Equal(model.TrainingItems.Select(n => snapshot.ItemTimes[n]), consensus.ItemTimes);
        Assert.Equal(model.OutOfFold, consensus.Probabilities);
        var features = new float[snapshot.Schema.FeatureLength];
        snapshot.Features.CopyRow(model.TrainingItems[5], features);
        Assert.Equal(OutOfFoldTable.HashOf(features), consensus.FeatureHashes[5]);

        // What was trained on is known of every algorithm.
        Assert.False(dn.HasProbabilities);
        Assert.Equal(model.TrainingItems.Count, dn.ItemKeys.Length);
    }

    [Fact]
    public async Task What_is_too_large_to_store_is_left_out_distributions_first()
    {
        using var snapshot = await _queue.Get<SnapshotReader>().ReadAsync(_queue.Dataset.Id, default);
        var model = new ModelTrainer(TimeProvider.System, "test").Train(snapshot, AlgorithmCatalogue.Validate("consensus", Quick), 1, null, default);
        var (n, classes) = (model.TrainingItems.Count, snapshot.Schema.Classes.Count);

        Assert.True(Table(OutOfFoldTable.SizeOf(n, classes))!.HasProbabilities);
        Assert.False(Table(OutOfFoldTable.SizeOf(n, classes) - 1)!.HasProbabilities);
        Assert.Equal(n, Table(OutOfFoldTable.SizeOf(n, 0))!.ItemKeys.Length);
        Assert.Null(Table(OutOfFoldTable.SizeOf(n, 0) - 1));

        OutOfFoldTable? Table(long most) => TrainedFiles.Of(snapshot, model, null, default, most).Files.OutOfFold is { } bytes ? OutOfFoldTable.Read(bytes) : null;
    }

    private async Task<(RunState, string?)> EndAsync(string run)
    {
        var ended = await _queue.UntilEndedAsync(run);
        return (ended.State, ended.Error);
    }

    private async Task<OutOfFoldTable> TableAsync(string model)
    {
        var version = await _queue.Get<ModelStore>().GetVersionAsync(_queue.Dataset, model, 1, default);
        return OutOfFoldTable.Read(await _queue.Get<ArtefactStore>().ReadAsync(version.OutOfFoldSha256!, default));
    }
}
