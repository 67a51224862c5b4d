using System.Runtime.CompilerServices;
using Grpc.Core;
using LabelerService.Cli.Files.Import;
using LabelerService.Contracts.V1;
using LabelerService.Formats.Rows;

namespace LabelerService.Cli.Client.Import;

/// <summary>Stores the items of a file with contents, splits and gold classes: all or none, or batch by batch without those that are refused.</summary>
internal sealed class ItemFileUpload(ServiceConnection connection, ItemMessages messages)
{
    /// <summary>Sends a checked file, all or none.</summary>
    /// <exception cref="ServiceFailureException">The service refused; fields are traced to file and place.</exception>
    public async Task<ItemWriteCounts> SendAsync(string parent, ImportFile<ItemRow> file, Action<long> sent, CancellationToken cancellationToken)
    {
        var rows = new SentRows();
        using var call = connection.Items.StreamItems(cancellationToken: cancellationToken);
        try
        {
            var answer = await ClientStream.SendAsync(call, RequestsAsync(parent, file, rows, sent, cancellationToken), cancellationToken);
            return answer.Counts ?? new ItemWriteCounts();
        }
        catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
        {
            var failure = ServiceFailure.Of(exception, connection.Settings.Server);
            var places = await file.PlacesAsync(rows.RowsOf(failure), cancellationToken);
            throw new ServiceFailureException(rows.Locate(failure, file.Path, places), exception);
        }
    }

    /// <summary>Sends batch by batch; rows that cannot be used or are refused are left out.</summary>
    /// <exception cref="ServiceFailureException">The service failed for another reason than rows.</exception>
    public async Task<ItemWriteCounts> SendGoodAsync(
        string parent, ImportFile<ItemRow> file, RejectedRows rejects, Action<long> read, CancellationToken cancellationToken)
    {
        var total = new ItemWriteCounts();
        var batches = new RefusingBatches(connection.Settings.Server, file.Path, rejects);
        await foreach (var group in messages.GroupAsync(batches.UsableAsync(file, read, cancellationToken)).WithCancellation(cancellationToken))
        {
            await batches.SendAsync(
                group, loaded => loaded.Row,
                async part =>
                {
                    var answer = await connection.Items.BatchCreateItemsAsync(
                        new BatchCreateItemsRequest
                        {
                            Parent = parent,
                            Batch = ItemMessages.ToBatch(part),
                            RequestId = ServiceConnection.NewRequestId(),
                        },
                        cancellationToken: cancellationToken);
                    total.Created += answer.Counts.Created;
                    total.Updated += answer.Counts.Updated;
                    total.Unchanged += answer.Counts.Unchanged;
                },
                cancellationToken);
        }

        return total;
    }

    private async IAsyncEnumerable<StreamItemsRequest> RequestsAsync(
        string parent, ImportFile<ItemRow> file, SentRows rows, Action<long> sent, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var total = 0L;
        await foreach (var group in messages.GroupAsync(file.CheckedAsync(cancellationToken)).WithCancellation(cancellationToken))
        {
            rows.Add(group.Count);
            yield return new StreamItemsRequest { Parent = total == 0 ? parent : "", Batch = ItemMessages.ToBatch(group) };
            total += group.Count;
            sent(total);
        }
    }
}
