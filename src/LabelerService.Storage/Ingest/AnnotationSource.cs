using System.Diagnostics;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Telemetry;

namespace LabelerService.Storage.Ingest;

/// <summary>
/// Where messages come from that must be committed in order: a stream, or a single call. It is in the queue once, however many messages
/// wait, and in at most one group at a time. Guarded by the queue's lock.
/// </summary>
/// <param name="dataset">The dataset.</param>
/// <param name="unknown">What to do with unknown ids.</param>
internal sealed class AnnotationSource(DatasetRecord dataset, UnknownIds unknown)
{
    public DatasetRecord Dataset { get; } = dataset;

    public UnknownIds Unknown { get; } = unknown;

    /// <summary>Messages that are not settled, in order; the first <see cref="InFlight"/> are in a group.</summary>
    public LinkedList<QueuedMessage> Pending { get; } = new();

    /// <summary>Messages that a lane is writing.</summary>
    public int InFlight { get; set; }

    /// <summary>Whether it waits to be taken into a group.</summary>
    public bool IsReady { get; set; }

    /// <summary>Whether a message was refused: none after it is stored.</summary>
    public bool IsBroken { get; set; }
}

/// <summary>A message in the queue.</summary>
/// <param name="message">The message.</param>
/// <param name="source">Where it comes from.</param>
/// <param name="metrics">Told when it comes and what becomes of it.</param>
/// <param name="settled">Called once when it is stored, refused or cancelled: its memory is free.</param>
internal sealed class QueuedMessage(AnnotationMessage message, AnnotationSource source, IngestMetrics metrics, Action settled)
{
    private readonly long _received = metrics.Received(message.Batch.Count);
    private readonly TaskCompletionSource<AnnotationWriteResult> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public AnnotationMessage Message { get; } = message;

    public AnnotationSource Source { get; } = source;

    /// <summary>The trace of the call that gave it.</summary>
    public ActivityContext Trace { get; } = Activity.Current?.Context ?? default;

    /// <summary>Whether a lane is writing it. Guarded by the queue's lock.</summary>
    public bool IsInFlight { get; set; }

    /// <summary>The answer, once it is committed.</summary>
    public Task<AnnotationWriteResult> Done => _done.Task;

    public void Settle(AnnotationWriteResult result)
    {
        Leave();
        metrics.Committed(Message.Batch.Count, result, _received);
        _done.TrySetResult(result);
    }

    public void Refuse(Exception error)
    {
        Leave();
        metrics.Refused();
        _done.TrySetException(error);

        // A stream that breaks asks for its first failure only; the others are no defect that somebody forgot.
        _ = _done.Task.Exception;
    }

    public void Drop()
    {
        Leave();
        _done.TrySetCanceled();
    }

    private void Leave()
    {
        settled();
        metrics.Left(Message.Batch.Count);
    }
}
