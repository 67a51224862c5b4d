using System.Runtime.CompilerServices;
using LabelerService.Contracts.V1;

namespace LabelerService.Client;

/// <summary>Starts, watches and cancels training runs.</summary>
public sealed class TrainingCalls
{
    private readonly ServiceConnection _connection;

    internal TrainingCalls(ServiceConnection connection) => _connection = connection;

    /// <summary>The algorithms and their settings.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>All of them.</returns>
    /// <exception cref="LabelerException">The service failed.</exception>
    public Task<IReadOnlyList<Algorithm>> AlgorithmsAsync(CancellationToken cancellationToken = default) => Calls.RunAsync<IReadOnlyList<Algorithm>>(
        async () => (await _connection.Training.ListAlgorithmsAsync(new ListAlgorithmsRequest(), cancellationToken: cancellationToken)).Algorithms,
        cancellationToken);

    /// <summary>Queues a run; trainers take it up. The run is queued once, however often the call is repeated.</summary>
    /// <param name="dataset">Id or name of the dataset.</param>
    /// <param name="algorithm">Id of the algorithm, such as <c>dn</c>.</param>
    /// <param name="modelId">Id of the model that gets the new version; empty takes the algorithm's.</param>
    /// <param name="seed">Seed of every random choice.</param>
    /// <param name="settings">Settings that differ from the algorithm's defaults; null for none.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The run, queued.</returns>
    /// <exception cref="LabelerException">A field is wrong, or there is nothing to train on (<c>FailedPrecondition</c>).</exception>
    public Task<TrainingRun> StartAsync(
        string dataset, string algorithm, string modelId = "", long seed = 0, IEnumerable<KeyValuePair<string, string>>? settings = null,
        CancellationToken cancellationToken = default)
    {
        var run = new TrainingRun { Algorithm = algorithm, ModelId = modelId, Seed = seed };
        foreach (var (key, value) in settings ?? [])
        {
            run.Settings[key] = value;
        }

        return StartAsync(dataset, run, cancellationToken);
    }

    /// <summary>Queues a run with all its fields.</summary>
    /// <param name="dataset">Id or name of the dataset.</param>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The run, queued.</returns>
    /// <exception cref="LabelerException">A field is wrong, or there is nothing to train on (<c>FailedPrecondition</c>).</exception>
    public Task<TrainingRun> StartAsync(string dataset, TrainingRun run, CancellationToken cancellationToken = default)
    {
        var request = new CreateTrainingRunRequest
        {
            Parent = DatasetNames.Of(dataset),
            TrainingRun = run,
            RequestId = ServiceConnection.NewRequestId(),
        };
        return Calls.RunAsync(
            async () => await _connection.Training.CreateTrainingRunAsync(request, cancellationToken: cancellationToken), cancellationToken);
    }

    /// <summary>Reads a run.</summary>
    /// <param name="run">Its name.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The run.</returns>
    /// <exception cref="LabelerException">There is none (<c>NotFound</c>).</exception>
    public Task<TrainingRun> GetAsync(string run, CancellationToken cancellationToken = default) => Calls.RunAsync(
        async () => await _connection.Training.GetTrainingRunAsync(new GetTrainingRunRequest { Name = run }, cancellationToken: cancellationToken),
        cancellationToken);

    /// <summary>The runs of a dataset, newest first.</summary>
    /// <param name="dataset">Id or name of the dataset.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The runs, read page by page.</returns>
    /// <exception cref="LabelerException">There is no such dataset.</exception>
    public IAsyncEnumerable<TrainingRun> ListAsync(string dataset, CancellationToken cancellationToken = default)
    {
        var parent = DatasetNames.Of(dataset);
        return Paging.AllAsync<TrainingRun>(
            token => Calls.RunAsync(
                async () =>
                {
                    var page = await _connection.Training.ListTrainingRunsAsync(
                        new ListTrainingRunsRequest { Parent = parent, PageSize = Paging.PageSize, PageToken = token },
                        cancellationToken: cancellationToken);
                    return ((IEnumerable<TrainingRun>)page.TrainingRuns, page.NextPageToken);
                },
                cancellationToken),
            cancellationToken);
    }

    /// <summary>
    /// A run's events, those of the past at once, each once and in order, until it has ended. After a break it goes on behind the last event,
    /// for as long as <see cref="RetrySettings.LongestOutage"/> allows.
    /// </summary>
    /// <param name="run">Its name.</param>
    /// <param name="afterSequence">Only events behind this one; 0 for all.</param>
    /// <param name="cancellationToken">Ends the watching, not the run.</param>
    /// <returns>The events as they happen.</returns>
    /// <exception cref="LabelerException">There is no such run, or the service stayed away.</exception>
    public async IAsyncEnumerable<TrainingRunEvent> WatchAsync(
        string run, long afterSequence = 0, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var events = new TrainingWatcher(_connection, _connection.Time).EventsAsync(run, afterSequence, _ => { }, cancellationToken);
        await using var walk = events.GetAsyncEnumerator(cancellationToken);
        while (await Calls.RunAsync(() => walk.MoveNextAsync().AsTask(), cancellationToken))
        {
            yield return walk.Current;
        }
    }

    /// <summary>Waits for the end of a run, through restarts of the service.</summary>
    /// <param name="run">Its name.</param>
    /// <param name="progress">Told every event, once and in order.</param>
    /// <param name="cancellationToken">Ends the waiting, not the run.</param>
    /// <returns>The run as it ended: <see cref="TrainingRun.State"/> and <see cref="TrainingRun.ModelVersion"/> or
    /// <see cref="TrainingRun.FailureMessage"/>.</returns>
    /// <exception cref="LabelerException">There is no such run, or the service stayed away.</exception>
    public Task<TrainingRun> WaitAsync(
        string run, IProgress<TrainingRunEvent>? progress = null, CancellationToken cancellationToken = default) => Calls.RunAsync(
            () => new TrainingWatcher(_connection, _connection.Time).WaitAsync(
                run, happened => progress?.Report(happened), _ => { }, cancellationToken),
            cancellationToken);

    /// <summary>Cancels a run; one that has ended stays as it is.</summary>
    /// <param name="run">Its name.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The run; it may take seconds until it has ended.</returns>
    /// <exception cref="LabelerException">There is none (<c>NotFound</c>).</exception>
    public Task<TrainingRun> CancelAsync(string run, CancellationToken cancellationToken = default) => Calls.RunAsync(
        async () => await _connection.Training.CancelTrainingRunAsync(
            new CancelTrainingRunRequest { Name = run }, cancellationToken: cancellationToken),
        cancellationToken);
}
