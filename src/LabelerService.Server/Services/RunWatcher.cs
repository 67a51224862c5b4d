using System.Runtime.CompilerServices;
using LabelerService.Server.Hosting;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Runs;

namespace LabelerService.Server.Services;

/// <summary>
/// Follows a run's events. The events come from the table, never from the notification: a notification only says that it is worth
/// looking, and a look every second finds what a lost notification would have announced.
/// </summary>
internal sealed class RunWatcher(RunStore runs, RunEventListener listener, Drain drain)
{
    private const int PageSize = 1_000;
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    /// <summary>The events after a sequence number, to the end of the run.</summary>
    public async IAsyncEnumerable<RunEvent> WatchAsync(
        DatasetRecord dataset, string runId, long afterSequence, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var subscription = listener.Watch(dataset.Key, runId);
        while (true)
        {
            var page = await runs.EventsAfterAsync(dataset.Key, runId, afterSequence, PageSize, cancel);
            foreach (var happened in page)
            {
                afterSequence = happened.Sequence;
                yield return happened;
                if (happened.Kind is RunEventKind.Succeeded or RunEventKind.Failed or RunEventKind.Cancelled)
                {
                    yield break;
                }
            }

            if (page.Count == PageSize)
            {
                continue;
            }

            // A watcher that resumes after the final event gets nothing more, and an end.
            var run = await runs.GetAsync(dataset, runId, cancel);
            if (run.State is not (RunState.Queued or RunState.Running) && run.LastSequence <= afterSequence)
            {
                yield break;
            }

            if (run.LastSequence > afterSequence)
            {
                continue;
            }

            await drain.UnlessStoppingAsync(token => subscription.WaitAsync(PollInterval, token), cancel);
        }
    }
}
