using System.Runtime.CompilerServices;
using Grpc.Core;
using LabelerService.Contracts.V1;

namespace LabelerService.Client;

/// <summary>Follows a run to its end, through restarts of the service: after a break it goes on behind the last event it saw.</summary>
internal sealed class TrainingWatcher(ServiceConnection connection, TimeProvider time)
{
    private readonly RetrySettings _retries = connection.Settings.Retries;
    private TrainingRun? _ended;

    /// <summary>Whether a run in this state has ended.</summary>
    public static bool IsFinal(TrainingRun.Types.State state) =>
        state is TrainingRun.Types.State.Succeeded or TrainingRun.Types.State.Failed or TrainingRun.Types.State.Cancelled;

    /// <summary>Waits for the end of a run.</summary>
    /// <param name="name">Resource name of the run.</param>
    /// <param name="progress">Told every event, once and in order.</param>
    /// <param name="interrupted">Told when the service is away and the watcher waits for it.</param>
    /// <param name="cancellationToken">Ends the waiting, not the run.</param>
    /// <returns>The run as it ended.</returns>
    /// <exception cref="RpcException">There is no such run, or the service stayed away for too long.</exception>
    public async Task<TrainingRun> WaitAsync(
        string name, Action<TrainingRunEvent> progress, Action<string> interrupted, CancellationToken cancellationToken)
    {
        await foreach (var happened in EventsAsync(name, 0, interrupted, cancellationToken))
        {
            progress(happened);
        }

        return _ended!;
    }

    /// <summary>The events of a run, each once and in order, until it has ended.</summary>
    /// <param name="name">Resource name of the run.</param>
    /// <param name="after">Only events behind this sequence number; 0 for all.</param>
    /// <param name="interrupted">Told when the service is away and the watcher waits for it.</param>
    /// <param name="cancellationToken">Ends the watching, not the run.</param>
    /// <exception cref="RpcException">There is no such run, or the service stayed away for too long.</exception>
    public async IAsyncEnumerable<TrainingRunEvent> EventsAsync(
        string name, long after, Action<string> interrupted, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (seen, fruitless) = (after, 0);
        long? away = null;
        while (_ended is null)
        {
            using (var call = connection.Training.WatchTrainingRun(
                new WatchTrainingRunRequest { Name = name, AfterSequence = seen }, cancellationToken: cancellationToken))
            {
                while (true)
                {
                    TrainingRunEvent? happened = null;
                    try
                    {
                        if (await call.ResponseStream.MoveNext(cancellationToken))
                        {
                            happened = call.ResponseStream.Current;
                        }
                        else
                        {
                            var run = await connection.Training.GetTrainingRunAsync(
                                new GetTrainingRunRequest { Name = name }, cancellationToken: cancellationToken);
                            _ended = IsFinal(run.State) ? run : null;
                            away = null;
                        }
                    }
                    catch (Exception exception) when (!cancellationToken.IsCancellationRequested && IsBreak(exception))
                    {
                        away ??= time.GetTimestamp();
                        if (time.GetElapsedTime(away.Value) > _retries.LongestOutage)
                        {
                            throw;
                        }

                        interrupted("the service is away; waiting for it");
                    }

                    if (happened is null)
                    {
                        break;
                    }

                    if (happened.Sequence > seen)
                    {
                        (seen, fruitless, away) = (happened.Sequence, 0, null);
                        yield return happened;
                    }
                }
            }

            if (_ended is null)
            {
                // A stream that ends before its run does is a server that stops: wait a little more each time.
                await Task.Delay(Backoff.After(++fruitless, _retries), time, cancellationToken);
            }
        }
    }

    // A watch of hours ends with its deadline. A service that is busy or starting is worth waiting for, too. What the request itself is to
    // blame for is not.
    private static bool IsBreak(Exception exception) => Breaks.MayGoOn(exception) || exception is RpcException
    {
        StatusCode: StatusCode.DeadlineExceeded or StatusCode.Internal or StatusCode.Cancelled or StatusCode.Aborted or StatusCode.ResourceExhausted
            or StatusCode.Unavailable
    };
}
