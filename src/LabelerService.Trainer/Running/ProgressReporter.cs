using System.Diagnostics;
using System.Threading.Channels;
using LabelerService.Core.Training;
using LabelerService.Storage.Runs;
using Microsoft.Extensions.Logging;

namespace LabelerService.Trainer.Running;

/// <summary>
/// Takes progress from the training thread without ever holding it up and writes it to the run, a few times a second at most: an epoch
/// may take a millisecond, and nobody watches a thousand events a second. What waits is replaced by what is newer.
/// </summary>
internal sealed partial class ProgressReporter : IProgress<TrainingProgress>, IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly RunLease _lease;
    private readonly RunStore _runs;
    private readonly TimeProvider _time;
    private readonly ILogger<ProgressReporter> _logger;
    private readonly Channel<RunProgress> _reports = Channel.CreateBounded<RunProgress>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private readonly TaskCompletionSource _ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _loop;

    public ProgressReporter(RunLease lease, RunStore runs, TimeProvider time, ILogger<ProgressReporter> logger, CancellationToken cancel)
    {
        _lease = lease;
        _runs = runs;
        _time = time;
        _logger = logger;
        _loop = Task.Run(() => WriteAsync(cancel), CancellationToken.None);
    }

    /// <inheritdoc/>
    public void Report(TrainingProgress value) => Report(new RunProgress(
        value.Phase, value.Epoch, value.Epochs, value.Loss, value.ValidationValue, value.Remaining.TotalSeconds, value.ValidationMetric));

    /// <summary>Reports progress that is not training's own.</summary>
    public void Report(RunProgress progress) => _reports.Writer.TryWrite(progress);

    /// <summary>Writes what waits and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _reports.Writer.TryComplete();
        _ending.TrySetResult();
        await _loop;
    }

    private async Task WriteAsync(CancellationToken cancel)
    {
        // No part of the run's trace: up to four a second, for hours.
        Activity.Current = null;
        try
        {
            await foreach (var progress in _reports.Reader.ReadAllAsync(cancel))
            {
                try
                {
                    await _runs.AppendProgressAsync(_lease, progress, cancel);
                }
                catch (Exception error) when (!cancel.IsCancellationRequested)
                {
                    // Progress is for watching; whether the run is still ours is the lease keeper's business.
                    LogLost(_lease.Run.RunId, error.Message);
                }

                await Task.WhenAny(_ending.Task, Task.Delay(Interval, _time, cancel));
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The run is interrupted.
        }
    }

    [LoggerMessage(EventId = 50, Level = LogLevel.Warning, Message = "Run {Run}: progress not written, {Problem}")]
    private partial void LogLost(string run, string problem);
}
