using LabelerService.EndToEnd.Security;
using LabelerService.Server.Inference;
using LabelerService.Server.Insight;
using LabelerService.Storage.Artefacts;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Items;
using LabelerService.Storage.Models;
using LabelerService.Storage.Runs;
using LabelerService.TestKit.Crowds;
using LabelerService.TestKit.Postgres;
using LabelerService.Trainer.Hosting;

namespace LabelerService.EndToEnd.Insight;

/// <summary>A server and a trainer, both as their executables compose them, on one database; datasets of simulated crowds.</summary>
public sealed class VotingModels : IAsyncLifetime, IDisposable
{
    /// <summary>Settings of a consensus that takes no time.</summary>
    public static readonly Dictionary<string, string> Quick =
        new() { ["rounds"] = "3", ["repeats"] = "1", ["folds"] = "3", ["bootstrap_resamples"] = "0" };

    private static readonly Dictionary<string, string> QuickNet =
        new() { ["epochs"] = "3", ["hidden"] = "8", ["bootstrap_resamples"] = "0", ["min_annotations"] = "1" };

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static int _datasets;
    private readonly PostgresFixture _database = new();
    private readonly CancellationTokenSource _stopping = new();
    private SecuredServer? _server;
    private Task _trainer = Task.CompletedTask;

    internal SecuredServer Server => _server!;

    public async Task InitializeAsync()
    {
        await _database.InitializeAsync();
        _server = await SecuredServer.StartAsync(_database.ConnectionString, options => options with { RequireKeys = false });
        _trainer = Task.Run(() => TrainerHost.RunAsync(new TrainerOptions { Postgres = _database.ConnectionString, Name = "test" }, _stopping.Token));
    }

    public async Task DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _trainer;
        await Server.DisposeAsync();
        await _database.DisposeAsync();
    }

    public void Dispose() => _stopping.Dispose();

    public T Get<T>()
        where T : notnull => _database.Get<T>();

    /// <summary>Votes as a server has them that has just started.</summary>
    internal ModelVotes Votes(ModelVoteCache? cache = null) => new(
        Get<ModelStore>(), Get<ItemStore>(), Get<AnnotationStore>(), Get<ArtefactStore>(), Server.Get<PredictionEngine>(), cache ?? new ModelVoteCache());

    /// <summary>A crowd's dataset.</summary>
    public async Task<(SimulatedCrowd Crowd, DatasetRecord Dataset)> CrowdAsync(int items = 150, int labels = 3)
    {
        var crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions
        {
            Dataset = $"voting-{Interlocked.Increment(ref _datasets)}",
            Items = items,
            LabelsPerItem = labels,
        });
        return (crowd, await crowd.LoadAsync(_database.Services));
    }

    /// <summary>Trains a model of that algorithm, named like it.</summary>
    public async Task<ModelVersionRecord> TrainAsync(DatasetRecord dataset, string algorithm, string pretrained = "")
    {
        var (runs, id) = (Get<RunStore>(), $"r{Guid.NewGuid():N}");
        var settings = algorithm == "consensus" ? Quick : new Dictionary<string, string>(QuickNet) { ["pretrained"] = pretrained };
        await runs.CreateAsync(dataset, new RunWrite(id, algorithm, algorithm, 1, settings), null, default);
        using var watch = Get<RunEventListener>().Watch(dataset.Key, id);
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            var run = await runs.GetAsync(dataset, id, limit.Token);
            if (run.State is RunState.Succeeded)
            {
                return await Get<ModelStore>().GetVersionAsync(dataset, algorithm, run.ModelVersion!.Value, default);
            }

            Assert.True(run.State is RunState.Queued or RunState.Running, run.Error);
            await watch.WaitAsync(TimeSpan.FromSeconds(1), limit.Token);
        }
    }

    /// <summary>Keys of all items, in the order in which the crowd has them.</summary>
    public async Task<long[]> KeysAsync(DatasetRecord dataset) =>
        [.. (await Get<ItemStore>().ListAsync(dataset, new ItemFilter(), 0, 1_000, default)).Select(item => item.Key)];
}
