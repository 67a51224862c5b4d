using Grpc.Core;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Client;

/// <summary>Waits for a run to end, through restarts of the service: after a break it goes on behind the last event it saw.</summary>
internal sealed class TrainingWatcher(ServiceConnection connection, TimeProvider time)
{
    private static readonly TimeSpan LongestBreak = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>Whether a run in this state has ended.</summary>
    public static bool IsFinal(TrainingRun.Types.State state) =>
        state is TrainingRun.Types.State.Succeeded or TrainingRun.Types.State.Failed or TrainingRun.Types.State.Cancelled;

    /// <summary>Waits for the end of a run.</summary>
    /// <param name="name">Resource name of the run.</param>
    /// <param name="progress">Told every event, once and in order.</param>
    /// <param name="interrupted">Told when the service is away and the watcher waits for it.</param>
    /// <param name="cancellationToken">Ends the waiting, not the run.</param>
    /// <returns>The run as it ended.</returns>
    /// <exception cref="RpcException">There is no such run, or the service stayed away for three minutes.</exception>
    public async Task<TrainingRun> WaitAsync(
        string name, Action<TrainingRunEvent> progress, Action<string> interrupted, CancellationToken cancellationToken)
    {
        var (seen, pause) = (0L, TimeSpan.Zero);
        long? away = null;
        while (true)
        {
            try
            {
                using var call = connection.Training.WatchTrainingRun(
                    new WatchTrainingRunRequest { Name = name, AfterSequence = seen }, cancellationToken: cancellationToken);
                while (await call.ResponseStream.MoveNext(cancellationToken))
                {
                    var happened = call.ResponseStream.Current;
                    if (happened.Sequence <= seen)
                    {
                        continue;
                    }

                    (seen, pause, away) = (happened.Sequence, TimeSpan.Zero, null);
                    progress(happened);
                }

                var run = await connection.Training.GetTrainingRunAsync(
                    new GetTrainingRunRequest { Name = name }, cancellationToken: cancellationToken);
                if (IsFinal(run.State))
                {
                    return run;
                }
            }
            catch (RpcException exception) when (!cancellationToken.IsCancellationRequested && IsBreak(exception))
            {
                away ??= time.GetTimestamp();
                if (time.GetElapsedTime(away.Value) > LongestBreak)
                {
                    throw;
                }

                interrupted("the service is away; waiting for it");
            }

            // A stream that ends before its run does is a server that stops: wait a little more each time.
            pause = pause == TimeSpan.Zero ? TimeSpan.FromMilliseconds(250) : TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestPause.Ticks));
            await Task.Delay(pause, time, cancellationToken);
        }
    }

    // A server that dies leaves UNAVAILABLE, INTERNAL, CANCELLED or UNKNOWN, as the transport happens to see it; a watch of hours ends with
    // its deadline. A service that is busy or starting is worth waiting for, too. What the request itself is to blame for is not.
    private static bool IsBreak(RpcException exception) => exception.StatusCode switch
    {
        StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Internal or StatusCode.Cancelled or StatusCode.Aborted
            or StatusCode.ResourceExhausted => true,
        StatusCode.Unknown => exception.Status.DebugException is not null,
        _ => false,
    };
}
