using LabelerService.Storage.Notifications;

namespace LabelerService.Storage.Runs;

/// <summary>
/// Tells when to read a run's events again. Read with <see cref="RunStore.EventsAfterAsync"/> after each wait, whether a notice came or
/// the time ran out: the wait is a hint, the table is the truth.
/// </summary>
public sealed class RunEventListener
{
    private readonly NotificationListener _listener;

    internal RunEventListener(NotificationListener listener) => _listener = listener;

    /// <summary>Watches one run. Dispose to stop.</summary>
    public NotificationSubscription Watch(long datasetKey, string runId) =>
        _listener.Subscribe(NotificationChannel.RunEvents, Channels.RunKey(datasetKey, runId));

    /// <summary>Waits for runs in the queue; a lapsed lease sends no notice, so wait at most a lease's length. Dispose to stop.</summary>
    public NotificationSubscription WatchQueue() => _listener.Subscribe(NotificationChannel.RunQueue);
}
