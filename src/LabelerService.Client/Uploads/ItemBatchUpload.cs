using Grpc.Core;
using LabelerService.Contracts.V1;

namespace LabelerService.Client;

/// <summary>Uploads items batch by batch, a few at once, through breaks of the connection.</summary>
internal sealed class ItemBatchUpload(ServiceConnection connection, string parent)
{
    /// <summary>Sends items; see <see cref="ItemCalls.UploadAsync"/>.</summary>
    public async Task<ItemWriteCounts> SendAsync(
        IAsyncEnumerable<NewItem> items, int window, IProgress<UploadProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(window, 1);
        var total = new ItemWriteCounts();
        var stored = new UploadProgress(0, 0, 0);
        var underWay = new Queue<Task<Stored>>();
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        async Task TakeAsync()
        {
            var (counts, rows, breaks) = await underWay.Peek();
            _ = underWay.Dequeue();
            total.Created += counts.Created;
            total.Updated += counts.Updated;
            total.Unchanged += counts.Unchanged;
            stored = stored with { Stored = stored.Stored + rows, Breaks = stored.Breaks + breaks };
            progress?.Report(stored);
        }

        try
        {
            var row = 0L;
            await foreach (var group in ItemBatches.GroupAsync(items.Select(item => (item, item)), cancellationToken: failed.Token))
            {
                while (underWay.Count > 0 && (underWay.Count >= window || underWay.Peek().IsCompleted))
                {
                    await TakeAsync();
                }

                underWay.Enqueue(StoreAsync([.. group.Select(entry => entry.Item)], row, failed.Token));
                row += group.Count;
            }

            while (underWay.Count > 0)
            {
                await TakeAsync();
            }

            return total;
        }
        catch
        {
            await failed.CancelAsync();
            // Nobody hears of the others any more, but none may go on behind the caller's back.
            await ((Task)Task.WhenAll(underWay)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    private async Task<Stored> StoreAsync(IReadOnlyList<NewItem> items, long firstRow, CancellationToken cancellationToken)
    {
        var request = new BatchCreateItemsRequest
        {
            Parent = parent,
            Batch = ItemBatches.ToBatch(items),
            RequestId = ServiceConnection.NewRequestId(),
        };
        var outage = new Outage(connection);
        for (var breaks = 0; ; breaks++)
        {
            try
            {
                var answer = await connection.Items.BatchCreateItemsAsync(request, cancellationToken: cancellationToken);
                return new Stored(answer.Counts ?? new ItemWriteCounts(), items.Count, breaks);
            }
            catch (RpcException failure)
            {
                if (cancellationToken.IsCancellationRequested || !await outage.WaitAsync(failure, cancellationToken))
                {
                    throw Calls.Translate(failure, cancellationToken) is LabelerException
                        ? Located(failure, firstRow)
                        : Calls.Translate(failure, cancellationToken)!;
                }
            }
        }
    }

    private static LabelerException Located(RpcException failure, long firstRow)
    {
        var error = ServiceError.Of(failure);
        return new LabelerException(
            error with
            {
                Violations =
                [
                    .. error.Violations.Select(violation => EntryPath.Of(violation.Field) is { } path
                        ? violation with { Field = $"items[{firstRow + path.Entry}]{(path.Field.Length > 0 ? "." : "")}{path.Field}" }
                        : violation),
                ],
            },
            failure);
    }

    private readonly record struct Stored(ItemWriteCounts Counts, int Rows, int Breaks);
}
