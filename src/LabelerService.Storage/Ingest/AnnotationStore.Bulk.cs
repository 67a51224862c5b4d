using LabelerService.Core.Errors;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Requests;
using LabelerService.Storage.Security;

namespace LabelerService.Storage.Ingest;

/// <summary>The request id of a stream, whose content is only known at its end.</summary>
/// <param name="Id">The caller's <c>request_id</c>.</param>
/// <param name="Method">Full method name.</param>
/// <param name="BodyHash">SHA-256 over what the stream has held; asked when it has ended.</param>
public sealed record StreamRequest(Guid Id, string Method, Func<byte[]> BodyHash);

public sealed partial class AnnotationStore
{
    /// <summary>
    /// Writes any number of annotations, all or none: every batch goes into one transaction, which commits after the last. A stream that
    /// throws leaves nothing. Memory holds one batch at a time.
    /// </summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="batches">The batches.</param>
    /// <param name="unknown">What to do with items and labelers that do not exist.</param>
    /// <param name="request">Makes the stream idempotent; null for none.</param>
    /// <param name="cancel">Cancels before the commit.</param>
    /// <param name="key">The key whose quota it counts against; null for none.</param>
    /// <exception cref="ServiceException">
    /// As <see cref="WriteAsync"/>; Aborted: another stream wrote the same annotations in another order, or the same request was sent twice
    /// at once. Repeat it.
    /// </exception>
    public async Task<AnnotationWriteResult> WriteAllAsync(
        DatasetRecord dataset, IAsyncEnumerable<IReadOnlyList<AnnotationWrite>> batches, UnknownIds unknown, StreamRequest? request,
        CancellationToken cancel, KeyAllowance? key = null)
    {
        if (request is not null && await AnswerAsync(dataset, batches, request, cancel) is { } earlier)
        {
            return earlier;
        }

        AnnotationTransaction? last = null;
        var result = await _db.TransactUnrepeatedAsync(
            async (connection, token) =>
            {
                last = new AnnotationTransaction(connection, dataset, unknown, _memory, mayCopy: false);
                var total = new AnnotationWriteResult(0, 0, 0);
                await foreach (var entries in batches.WithCancellation(token))
                {
                    var message = new AnnotationMessage(AnnotationBatch.Create(dataset.Schema, entries), null, key);
                    var outcome = (await last.WriteAsync([message], [-1], token))[0];
                    total += outcome.Result ?? throw outcome.Error!;
                }

                if (request is not null)
                {
                    last.Answer(new RequestIdentity(request.Id, request.Method, request.BodyHash()), total);
                }

                await last.FinishAsync(token);
                return total;
            },
            cancel);
        last!.Remember();
        _metrics.Committed(result);
        return result;
    }

    /// <summary>As the other overload, without a request id.</summary>
    public Task<AnnotationWriteResult> WriteAllAsync(
        DatasetRecord dataset, IAsyncEnumerable<IReadOnlyList<AnnotationWrite>> batches, UnknownIds unknown, CancellationToken cancel) =>
        WriteAllAsync(dataset, batches, unknown, null, cancel);

    /// <summary>The first answer, if the request was made before; the stream is read to its end to see that it is the same.</summary>
    private async Task<AnnotationWriteResult?> AnswerAsync(
        DatasetRecord dataset, IAsyncEnumerable<IReadOnlyList<AnnotationWrite>> batches, StreamRequest request, CancellationToken cancel)
    {
        var known = await _db.RunAsync((connection, token) => RequestLog.FindAsync(connection, dataset.Key, [request.Id], token), cancel);
        if (!known.TryGetValue(request.Id, out var earlier))
        {
            return null;
        }

        await foreach (var _ in batches.WithCancellation(cancel))
        {
            // Its content goes into the hash as it is read.
        }

        var again = new RequestIdentity(request.Id, request.Method, request.BodyHash());
        return earlier.IsSame(again) ? earlier.Answer<AnnotationWriteResult>() : throw RequestLog.Reused(again);
    }
}
