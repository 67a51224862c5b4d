using System.Threading.Channels;
using LabelerService.Learning.Checkpoints;
using LabelerService.Storage.Runs;
using LabelerService.Trainer.Hosting;
using Microsoft.Extensions.Logging;

namespace LabelerService.Trainer.Running;

/// <summary>
/// Writes a run's checkpoints in the background, one at a time: none is taken while another is written, so there is at most one in memory
/// beside the net, and writing takes a tenth of the time at most, however large they are.
/// </summary>
internal sealed partial class CheckpointWriter : IAsyncDisposable
{
    /// <summary>Most bytes of a checkpoint: half of what a value in PostgreSQL can be.</summary>
    private const long MostBytes = 1L << 29;
    private const int Share = 10;

    private readonly RunLease _lease;
    private readonly RunStore _runs;
    private readonly TrainerOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<CheckpointWriter> _logger;
    private readonly Channel<TrainingCheckpoint> _waiting = Channel.CreateBounded<TrainingCheckpoint>(1);
    private readonly Task _loop;
    private long _last;
    private long _pause;
    private volatile bool _busy;
    private volatile bool _tooLarge;

    public CheckpointWriter(
        RunLease lease, RunStore runs, TrainerOptions options, TimeProvider time, ILogger<CheckpointWriter> logger, CancellationToken cancel)
    {
        (_lease, _runs, _options, _time, _logger) = (lease, runs, options, time, logger);
        _last = time.GetTimestamp();
        _pause = options.CheckpointEvery.Ticks;
        _loop = Task.Run(() => WriteAsync(cancel), CancellationToken.None);
    }

    /// <summary>Steps that the run had done before those that its checkpoints count.</summary>
    public long StepsBefore { get; init; }

    /// <summary>Whether it is time for one.</summary>
    public bool IsDue =>
        !_busy && !_tooLarge && _time.GetElapsedTime(Volatile.Read(ref _last)).Ticks >= Volatile.Read(ref _pause);

    /// <summary>Takes one over, to be written soon.</summary>
    public void Take(TrainingCheckpoint checkpoint)
    {
        if (checkpoint.DataLength > MostBytes)
        {
            _tooLarge = true;
            LogTooLarge(_lease.Run.RunId, checkpoint.DataLength >> 20, MostBytes >> 20);
            return;
        }

        _busy = true;
        _waiting.Writer.TryWrite(checkpoint);
    }

    /// <summary>Writes what waits and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _loop;
    }

    private async Task WriteAsync(CancellationToken cancel)
    {
        try
        {
            await foreach (var checkpoint in _waiting.Reader.ReadAllAsync(cancel))
            {
                var start = _time.GetTimestamp();
                try
                {
                    await _runs.WriteCheckpointAsync(_lease, StepsBefore + checkpoint.Steps, checkpoint.ToBytes(), cancel);
                }
                catch (Exception error) when (!cancel.IsCancellationRequested)
                {
                    // The next one may get through; whether the run is still ours is the lease keeper's business. Whatever it is, training is worth more.
                    LogLost(_lease.Run.RunId, error.Message);
                }

                Volatile.Write(ref _pause, Math.Max(_options.CheckpointEvery.Ticks, _time.GetElapsedTime(start).Ticks * Share));
                Volatile.Write(ref _last, _time.GetTimestamp());
                _busy = false;
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The run is interrupted, and goes on from the checkpoint before.
        }
    }

    [LoggerMessage(EventId = 60, Level = LogLevel.Warning, Message = "Run {Run}: checkpoint not written, {Problem}")]
    private partial void LogLost(string run, string problem);

    [LoggerMessage(
        EventId = 61, Level = LogLevel.Warning,
        Message = "Run {Run}: no more checkpoints, as they have {Size} MiB and at most {Most} MiB are kept. If it is interrupted it goes on from the last one.")]
    private partial void LogTooLarge(string run, long size, long most);
}
