using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Requests;
using LabelerService.Storage.Security;
using LabelerService.Storage.Telemetry;

namespace LabelerService.Storage.Ingest;

/// <summary>Annotations of a dataset: who said what about which item, with every earlier opinion kept.</summary>
public sealed partial class AnnotationStore
{
    /// <summary>Memory that waiting messages may hold, all streams and calls together.</summary>
    private const long QueueBytes = 64L * 1024 * 1024;

    // Two groups at a time keep PostgreSQL busy while this process prepares and answers; more only make the groups smaller. The other
    // lanes are for other datasets.
    private const int Lanes = 8;
    private const int LanesEach = 2;
    private const int GroupRowCount = 10_000;

    private static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(10);

    private readonly Db _db;
    private readonly KeyMemory _memory;
    private readonly TimeProvider _time;
    private readonly IngestMetrics _metrics;
    private readonly AnnotationQueue _queue;
    private readonly AsyncBudget _room = new(QueueBytes);

    internal AnnotationStore(Db db, KeyMemory memory, TimeProvider time, IngestMetrics metrics)
    {
        _metrics = metrics;
        metrics.Watch(() => _room.Taken, QueueBytes);
        _db = db;
        _memory = memory;
        _time = time;
        _queue = new AnnotationQueue(WriteGroupAsync, Lanes, LanesEach, GroupRowCount);
    }

    /// <summary>Memory that waiting messages hold at the moment, in bytes, about.</summary>
    public long QueuedBytes => _room.Taken;

    /// <summary>
    /// Writes a batch of annotations, all or none; when it returns they are committed, together with whatever other calls and streams gave
    /// at the same time. Repeating a batch changes nothing. Concurrent batches that overlap wait for each other in the order of (item,
    /// labeler), so that they cannot deadlock; the last to commit wins, the others are in the history.
    /// </summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="annotations">The batch; best 1,000 to 10,000 entries. It must not change before the answer.</param>
    /// <param name="unknown">What to do with items and labelers that do not exist.</param>
    /// <param name="request">Makes the call idempotent against later revisions too.</param>
    /// <param name="cancel">Takes the batch out before it is written; one that is being written may be stored all the same.</param>
    /// <param name="patience">How long to wait for room in the queue; null for ten seconds.</param>
    /// <param name="key">The key whose quota it counts against; null for none.</param>
    /// <exception cref="ServiceException">
    /// InvalidArgument naming <c>annotations[i]…</c>: invalid id, class outside the schema, confidence outside [0, 1], a retraction with
    /// content, or an (item, labeler) twice with different contents; or naming <c>request_id</c>: it was used for another request. NotFound
    /// naming <c>annotations[i].item_id</c> or <c>annotations[i].labeler_id</c>, at most 20 of them; or the dataset, if it was deleted.
    /// ResourceExhausted: a quota of the dataset or of the key, or no room in the queue.
    /// </exception>
    public async Task<AnnotationWriteResult> WriteAsync(
        DatasetRecord dataset, IReadOnlyList<AnnotationWrite> annotations, UnknownIds unknown, RequestIdentity? request,
        CancellationToken cancel, TimeSpan? patience = null, KeyAllowance? key = null)
    {
        var batch = AnnotationBatch.Create(dataset.Schema, annotations);
        await TakeRoomAsync(batch.Bytes, patience ?? DefaultPatience, cancel);
        var message = new QueuedMessage(
            new AnnotationMessage(batch, request, key), new AnnotationSource(dataset, unknown), _metrics, () => _room.GiveBack(batch.Bytes));
        _queue.Add(message);
        try
        {
            return await message.Done.WaitAsync(cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            _queue.TryRemove(message);
            throw;
        }
    }

    /// <summary>Opens a stream of messages about a dataset.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="unknown">What to do with items and labelers that do not exist.</param>
    /// <param name="key">The key whose quota its messages count against; null for none.</param>
    public AnnotationStream OpenStream(DatasetRecord dataset, UnknownIds unknown, KeyAllowance? key = null) =>
        new(_queue, _room, new AnnotationSource(dataset, unknown), key, _metrics);

    private async Task TakeRoomAsync(long bytes, TimeSpan patience, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        try
        {
            await _room.TakeAsync(bytes, either.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new ServiceException(
                ErrorKind.ResourceExhausted, "INGESTION_QUEUE_FULL",
                "More annotations are waiting than the database takes at the moment. Nothing was stored; send the batch again in a moment.");
        }
    }

    private async Task<MessageOutcome[]> WriteGroupAsync(AnnotationSource source, IReadOnlyList<AnnotationMessage> messages, int[] dependsOn)
    {
        AnnotationTransaction? last = null;
        var attempts = 0;

        // Not cancelled with any one caller: the others' messages are in it too.
        var outcomes = await _db.TransactAsync(
            async (connection, token) =>
            {
                last = new AnnotationTransaction(connection, source.Dataset, source.Unknown, _memory, mayCopy: ++attempts == 1);
                var written = await last.WriteAsync(messages, dependsOn, token);
                await last.FinishAsync(token);
                return written;
            },
            CancellationToken.None);
        last!.Remember();
        _metrics.Transaction(messages.Sum(message => message.Batch.Count));
        return outcomes;
    }
}
