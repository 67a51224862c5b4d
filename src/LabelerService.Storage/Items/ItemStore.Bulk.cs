using LabelerService.Core.Errors;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Security;

namespace LabelerService.Storage.Items;

public sealed partial class ItemStore
{
    /// <summary>
    /// Creates or replaces any number of items, all or none: every batch goes into one transaction, which commits after the last. A
    /// stream that throws leaves nothing. Memory holds one batch at a time.
    /// </summary>
    /// <exception cref="ServiceException">
    /// As <see cref="UpsertAsync(DatasetRecord, IReadOnlyList{ItemWrite}, Requests.RequestIdentity?, CancellationToken, KeyAllowance?)"/>; Aborted: another
    /// stream wrote the same items in another order. Repeat it.
    /// </exception>
    public async Task<ItemUpsertResult> UpsertAllAsync(
        DatasetRecord dataset, IAsyncEnumerable<IReadOnlyList<ItemWrite>> batches, CancellationToken cancel, KeyAllowance? key = null)
    {
        var committed = await _db.TransactUnrepeatedAsync(
            async (connection, token) =>
            {
                var total = new ItemUpsertResult(0, 0, 0);
                var bytes = 0L;
                await foreach (var batch in batches.WithCancellation(token))
                {
                    var (result, more) = await UpsertAsync(connection, dataset, ItemParameters.Create(dataset, batch), token);
                    bytes += more;
                    total = new ItemUpsertResult(
                        total.Created + result.Created, total.Updated + result.Updated, total.Unchanged + result.Unchanged);
                }

                // Only now: where there is a quota, others wait for the commit from here on.
                await KeyUsage.AddAsync(connection, key, annotations: 0, items: total.Created + total.Updated, token);
                await DatasetUsage.AddAsync(connection, dataset, Usage(total, bytes), token);
                return total;
            },
            cancel);
        _metrics.Committed(committed);
        return committed;
    }
}
