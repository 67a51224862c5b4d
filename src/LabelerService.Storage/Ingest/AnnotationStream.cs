using LabelerService.Core.Errors;
using LabelerService.Storage.Requests;
using LabelerService.Storage.Security;
using LabelerService.Storage.Telemetry;

namespace LabelerService.Storage.Ingest;

/// <summary>A message that waits for its commit.</summary>
/// <param name="Committed">
/// What it changed, after the commit; or why it is not stored. Cancelled where a message before it was refused or the stream was closed.
/// </param>
public readonly record struct QueuedWrite(Task<AnnotationWriteResult> Committed);

/// <summary>
/// Messages that are committed in order. The next may be given before the last is committed; what waits is bounded, for this stream and
/// for all of them together, and who gives more waits. After a message that is refused none is stored. Not for concurrent use.
/// </summary>
public sealed class AnnotationStream : IDisposable
{
    private const int Messages = 16;
    private const long Bytes = 4L * 1024 * 1024;

    private readonly AnnotationQueue _queue;
    private readonly AsyncBudget _all;
    private readonly AnnotationSource _source;
    private readonly KeyAllowance? _key;
    private readonly IngestMetrics _metrics;
    private readonly AsyncBudget _messages = new(Messages);
    private readonly AsyncBudget _bytes = new(Bytes);

    internal AnnotationStream(AnnotationQueue queue, AsyncBudget all, AnnotationSource source, KeyAllowance? key, IngestMetrics metrics)
    {
        _key = key;
        _metrics = metrics;
        _queue = queue;
        _all = all;
        _source = source;
    }

    /// <summary>Gives the next message; returns when there is room for it.</summary>
    /// <param name="annotations">Its annotations, stored all or none; they must not change any more.</param>
    /// <param name="request">Makes the message idempotent against later revisions too.</param>
    /// <param name="cancel">Cancels the waiting.</param>
    /// <exception cref="ServiceException">InvalidArgument naming <c>annotations[i]…</c>: the message is wrong by itself, and not given.</exception>
    public async ValueTask<QueuedWrite> SendAsync(IReadOnlyList<AnnotationWrite> annotations, RequestIdentity? request, CancellationToken cancel)
    {
        var batch = AnnotationBatch.Create(_source.Dataset.Schema, annotations);
        var size = batch.Bytes;
        await _messages.TakeAsync(1, cancel);
        try
        {
            await _bytes.TakeAsync(size, cancel);
        }
        catch (OperationCanceledException)
        {
            _messages.GiveBack(1);
            throw;
        }

        try
        {
            await _all.TakeAsync(size, cancel);
        }
        catch (OperationCanceledException)
        {
            _messages.GiveBack(1);
            _bytes.GiveBack(size);
            throw;
        }

        var message = new QueuedMessage(new AnnotationMessage(batch, request, _key), _source, _metrics, () =>
        {
            _all.GiveBack(size);
            _bytes.GiveBack(size);
            _messages.GiveBack(1);
        });
        _queue.Add(message);
        return new QueuedWrite(message.Done);
    }

    /// <summary>Takes out what no lane is writing yet. What one is writing may still be stored.</summary>
    public void Dispose() => _queue.Close(_source);
}
