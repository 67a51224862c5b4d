using Grpc.Core;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Client;

/// <summary>Looks where a waiting run stands in the queue: its own events say nothing of the runs before it.</summary>
internal sealed class QueueWatch(ServiceConnection connection, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);

    // A run that is under way may come back to the queue, if its trainer stops.
    private static readonly TimeSpan RunningInterval = TimeSpan.FromSeconds(15);

    /// <summary>Whether any trainer gives signs of life; null where this caller may not know, or the service does not answer.</summary>
    public async Task<bool?> AnyTrainerAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await Paging.AllAsync<Trainer>(async token =>
            {
                var page = await connection.Training.ListTrainersAsync(
                    new ListTrainersRequest { PageSize = Paging.PageSize, PageToken = token }, cancellationToken: cancellationToken);
                return (page.Trainers, page.NextPageToken);
            }, cancellationToken).AnyAsync(trainer => trainer.Alive, cancellationToken);
        }
        catch (RpcException exception) when (
            exception.StatusCode is StatusCode.PermissionDenied or StatusCode.Unimplemented or StatusCode.Unavailable && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Tells the run's place now and then, as long as it waits. Ends when it is taken up, or is cancelled.</summary>
    public async Task FollowAsync(string name, Action<string> show, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var waits = true;
                try
                {
                    var run = await connection.Training.GetTrainingRunAsync(
                        new GetTrainingRunRequest { Name = name }, cancellationToken: cancellationToken);
                    if (TrainingWatcher.IsFinal(run.State))
                    {
                        return;
                    }

                    waits = run.HasQueuePosition;
                    if (QueueText.Place(run, time.GetUtcNow()) is { } place)
                    {
                        show(await AnyTrainerAsync(cancellationToken) == false ? $"{place}; {QueueText.NoTrainer}" : place);
                    }
                }
                catch (RpcException exception) when (exception.StatusCode != StatusCode.Cancelled)
                {
                    // The watcher says what is wrong, and goes on or gives up.
                }

                await Task.Delay(waits ? Interval : RunningInterval, time, cancellationToken);
            }
        }
        catch (Exception exception) when (cancellationToken.IsCancellationRequested && exception is OperationCanceledException or RpcException)
        {
            // Nobody looks any more.
        }
    }
}
