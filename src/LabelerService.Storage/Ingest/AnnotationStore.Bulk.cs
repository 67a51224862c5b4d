using LabelerService.Core.Errors;
using LabelerService.Storage.Datasets;

namespace LabelerService.Storage.Ingest;

public sealed partial class AnnotationStore
{
    /// <summary>
    /// Writes any number of annotations, all or none: every batch goes into one transaction, which commits after the last. A stream that
    /// throws leaves nothing. Memory holds one batch at a time.
    /// </summary>
    /// <exception cref="ServiceException">
    /// As <see cref="WriteAsync(DatasetRecord, IReadOnlyList{AnnotationWrite}, UnknownLabelers, Requests.RequestIdentity?, CancellationToken)"/>;
    /// Aborted: another stream wrote the same annotations in another order. Repeat it.
    /// </exception>
    public Task<AnnotationWriteResult> WriteAllAsync(
        DatasetRecord dataset, IAsyncEnumerable<IReadOnlyList<AnnotationWrite>> batches, UnknownLabelers unknownLabelers,
        CancellationToken cancel) =>
        _db.TransactUnrepeatedAsync(
            async (connection, token) =>
            {
                var total = new AnnotationWriteResult(0, 0, 0);
                await foreach (var entries in batches.WithCancellation(token))
                {
                    var batch = AnnotationBatch.Create(dataset.Schema, entries);
                    var result = await WriteAsync(connection, dataset, batch, unknownLabelers, token);
                    total = new AnnotationWriteResult(
                        total.Created + result.Created, total.Revised + result.Revised, total.Unchanged + result.Unchanged);
                }

                return total;
            },
            cancel);
}
