using LabelerService.Core.Models;
using LabelerService.Storage.Artefacts;
using LabelerService.Storage.Models;
using LabelerService.Storage.Runs;

namespace LabelerService.Trainer.Tests.Running;

public sealed class WarmStartTests : IAsyncLifetime
{
    private static readonly Dictionary<string, string> Short = new() { ["epochs"] = "3", ["bootstrap_resamples"] = "0" };
    private Queue _queue = null!;

    public async Task InitializeAsync() => _queue = await Queue.CreateAsync();

    public Task DisposeAsync() => _queue.DisposeAsync().AsTask();

    [Fact]
    public async Task A_run_starts_from_the_weights_of_a_version_and_its_own_version_says_so()
    {
        await using var trainer = await RunningTrainer.StartAsync(_queue);
        await AddAsync("first", "dn", null);
        Assert.Equal(RunState.Succeeded, (await _queue.UntilEndedAsync("first")).State);
        await AddAsync("second", "wdn", new WarmStart("dn", 1));
        await AddAsync("cold", "wdn", null);
        var second = await _queue.UntilEndedAsync("second");
        var cold = await _queue.UntilEndedAsync("cold");

        Assert.Equal((RunState.Succeeded, null), (second.State, second.Error));
        Assert.Equal(new WarmStart("dn", 1), second.WarmStart);
        var models = _queue.Get<ModelStore>();
        var source = await models.GetVersionAsync(_queue.Dataset, "dn", 1, default);
        var version = await models.GetVersionAsync(_queue.Dataset, "wdn", second.ModelVersion!.Value, default);
        Assert.Equal(
            new ModelOrigin("datasets/simulated/models/dn/versions/1", source.WeightsSha256!, _queue.Crowd.Snapshot.LabelerIds.Length),
            version.Manifest.Origin);
        Assert.NotEqual(version.ArtefactSha256, (await models.GetVersionAsync(_queue.Dataset, "wdn", cold.ModelVersion!.Value, default)).ArtefactSha256);

        // Nobody refers to the weights but the versions: sweeping must leave them.
        Assert.NotEmpty(await _queue.Get<ArtefactStore>().ReadAsync(version.WeightsSha256!, default));
    }

    [Fact]
    public async Task A_version_that_does_not_fit_or_is_not_there_fails_the_run_by_name()
    {
        await using var trainer = await RunningTrainer.StartAsync(_queue);
        await AddAsync("source", "dn", null);
        await _queue.UntilEndedAsync("source");
        await AddAsync("missing", "dn", new WarmStart("dn", 7));
        await _queue.Runs.CreateAsync(
            _queue.Dataset, new RunWrite("shape", "dn", "dn", 1, new Dictionary<string, string>(Short) { ["hidden"] = "16" }) { WarmStart = new WarmStart("dn", 1) },
            null, default);
        var missing = await _queue.UntilEndedAsync("missing");
        var shape = await _queue.UntilEndedAsync("shape");

        Assert.Equal(RunState.Failed, missing.State);
        Assert.Contains("datasets/simulated/models/dn/versions/7", missing.Error, StringComparison.Ordinal);
        Assert.Equal(RunState.Failed, shape.State);
        Assert.Contains("hidden=128", shape.Error, StringComparison.Ordinal);
    }

    private Task<RunRecord> AddAsync(string id, string algorithm, WarmStart? start) => _queue.Runs.CreateAsync(
        _queue.Dataset, new RunWrite(id, algorithm, algorithm, 1, Short) { WarmStart = start }, null, default);
}
