using LabelerService.Storage.Runs;
using LabelerService.Trainer.Hosting;
using Microsoft.Extensions.Logging;

namespace LabelerService.Trainer.Running;

/// <summary>Why a run has to be interrupted.</summary>
internal enum InterruptionReason
{
    /// <summary>It has not.</summary>
    None,

    /// <summary>Somebody asked to cancel it.</summary>
    CancelRequested,

    /// <summary>Another trainer has it, or the lease could not be renewed in time.</summary>
    LeaseLost,

    /// <summary>This trainer is to stop.</summary>
    Stopping,
}

/// <summary>
/// Renews a lease in the background and says when the run has to be interrupted. While the database is away the run goes on, as long as
/// nobody else can have claimed it: until the lease has lapsed by this machine's monotonic clock.
/// </summary>
internal sealed partial class LeaseKeeper : IAsyncDisposable
{
    private readonly RunLease _lease;
    private readonly RunStore _runs;
    private readonly TrainerOptions _options;
    private readonly TimeProvider _time;
    private readonly Action _alive;
    private readonly ILogger<LeaseKeeper> _logger;
    private readonly CancellationTokenSource _interrupt = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenRegistration _stopping;
    private readonly Task _loop;
    private int _reason;

    public LeaseKeeper(
        RunLease lease, RunStore runs, TrainerOptions options, TimeProvider time, Action alive, ILogger<LeaseKeeper> logger,
        CancellationToken stopping)
    {
        _lease = lease;
        _runs = runs;
        _options = options;
        _time = time;
        _alive = alive;
        _logger = logger;
        _loop = Task.Run(() => KeepAsync(_stop.Token), CancellationToken.None);
        _stopping = stopping.Register(() => Interrupt(InterruptionReason.Stopping));
    }

    /// <summary>Cancelled when the run has to be interrupted.</summary>
    public CancellationToken Token => _interrupt.Token;

    /// <summary>Why, once <see cref="Token"/> is cancelled.</summary>
    public InterruptionReason Reason => (InterruptionReason)Volatile.Read(ref _reason);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.DisposeAsync();
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
        _interrupt.Dispose();
    }

    private async Task KeepAsync(CancellationToken stop)
    {
        var renewed = _time.GetTimestamp();
        try
        {
            while (true)
            {
                await Task.Delay(_options.Heartbeat, _time, stop);
                var asked = _time.GetTimestamp();
                try
                {
                    var answer = await _runs.HeartbeatAsync(_lease, _options.Lease, stop);
                    if (!answer.StillOwner)
                    {
                        Interrupt(InterruptionReason.LeaseLost);
                        return;
                    }

                    renewed = asked;
                    _alive();
                    if (answer.CancelRequested)
                    {
                        // Beat on: the run stays this trainer's until its end is written.
                        Interrupt(InterruptionReason.CancelRequested);
                    }
                }
                catch (Exception error) when (error is not OperationCanceledException)
                {
                    // Whatever kept the sign of life from being taken, the lease tells whether it matters.
                    LogMissed(_lease.Run.RunId, error.Message);
                    if (_time.GetElapsedTime(renewed) > _options.Lease)
                    {
                        Interrupt(InterruptionReason.LeaseLost);
                        return;
                    }
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The run has ended.
        }
    }

    private void Interrupt(InterruptionReason reason)
    {
        if (Interlocked.CompareExchange(ref _reason, (int)reason, (int)InterruptionReason.None) == (int)InterruptionReason.None)
        {
            _interrupt.Cancel();
        }
    }

    [LoggerMessage(EventId = 40, Level = LogLevel.Warning, Message = "Run {Run}: no heartbeat, {Problem}")]
    private partial void LogMissed(string run, string problem);
}
