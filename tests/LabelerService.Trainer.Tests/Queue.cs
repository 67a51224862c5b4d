using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;
using LabelerService.Storage.Runs;
using LabelerService.TestKit.Crowds;
using LabelerService.TestKit.Postgres;

namespace LabelerService.Trainer.Tests;

/// <summary>A database with a crowd in it and its queue of runs.</summary>
internal sealed class Queue : IAsyncDisposable
{
    /// <summary>Epochs that nobody waits for: such a run ends by being interrupted.</summary>
    public const string Endless = "epochs=100000";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly PostgresFixture _database;

    private Queue(PostgresFixture database, DatasetRecord dataset, SimulatedCrowd crowd)
    {
        _database = database;
        Dataset = dataset;
        Crowd = crowd;
    }

    public string ConnectionString => _database.ConnectionString;

    public DatasetRecord Dataset { get; }

    public SimulatedCrowd Crowd { get; }

    public RunStore Runs => _database.Get<RunStore>();

    public IServiceProvider Storage => _database.Services;

    public T Get<T>()
        where T : notnull => _database.Get<T>();

    /// <summary>The queue spans a whole database, so each test has its own.</summary>
    public static async Task<Queue> CreateAsync(int items = 150)
    {
        var database = new PostgresFixture();
        await database.InitializeAsync();
        var crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions { Items = items });
        return new Queue(database, await crowd.LoadAsync(database.Services), crowd);
    }

    public Task<RunRecord> AddAsync(string runId, string algorithm = "wdn", params string[] settings) => AddAsync(Dataset, runId, algorithm, settings);

    public Task<RunRecord> AddAsync(DatasetRecord dataset, string runId, string algorithm, params string[] settings) => Runs.CreateAsync(
        dataset, new RunWrite(runId, algorithm, algorithm, 1, settings.Select(s => s.Split('=')).ToDictionary(s => s[0], s => s[1])), null, default);

    /// <summary>
    /// Interrupts a run in the middle. On a machine that has stood still it may have ended first: then again with another that takes longer.
    /// </summary>
    /// <param name="interrupt">Starts and interrupts one; given how many times as long as the one before it is to take. Gives what became of it.</param>
    public static async Task InterruptAsync(Func<int, Task<RunRecord>> interrupt)
    {
        var run = await interrupt(1);
        for (var more = 0; more < 3 && run.State == RunState.Succeeded; more++)
        {
            run = await interrupt(3);
        }

        Assert.NotEqual(RunState.Succeeded, run.State);
    }

    /// <summary>Waits until a run is as wanted.</summary>
    public Task<RunRecord> UntilAsync(string runId, Func<RunRecord, bool> wanted) => UntilAsync(Dataset, runId, wanted);

    public async Task<RunRecord> UntilAsync(DatasetRecord dataset, string runId, Func<RunRecord, bool> wanted)
    {
        using var watch = Get<RunEventListener>().Watch(dataset.Key, runId);
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            var run = await Runs.GetAsync(dataset, runId, limit.Token);
            if (wanted(run))
            {
                return run;
            }

            await watch.WaitAsync(TimeSpan.FromSeconds(1), limit.Token);
        }
    }

    public Task<RunRecord> UntilTrainingAsync(string runId) =>
        UntilAsync(runId, run => run is { State: RunState.Running, Progress.Phase: "network" });

    public Task<RunRecord> UntilEndedAsync(string runId) =>
        UntilAsync(runId, run => run.State is RunState.Succeeded or RunState.Failed or RunState.Cancelled);

    public async Task<RunEventKind[]> EventsAsync(string runId) =>
        [.. (await Runs.EventsAfterAsync(Dataset.Key, runId, 0, 1000, default)).Select(happened => happened.Kind)];

    public Task<IReadOnlyList<ModelRecord>> ModelsAsync() => Get<ModelStore>().ListAsync(Dataset, null, 100, default);

    public ValueTask DisposeAsync() => new(_database.DisposeAsync());
}
