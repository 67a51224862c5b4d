using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.Core.Errors;
using LabelerService.Server.Mapping;
using LabelerService.Server.Validation;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Items;

namespace LabelerService.Server.Services;

/// <summary>
/// Streams the items of one snapshot. A message is written when the client has room for it, and only then is more read: memory holds a
/// message, whatever the dataset.
/// </summary>
internal sealed class ItemExporter(DatasetRecord dataset, IServerStreamWriter<ExportItemsResponse> stream)
{
    // A snapshot keeps the database from clearing up: a client that has fallen asleep must not hold one.
    private static readonly TimeSpan StallLimit = TimeSpan.FromSeconds(60);

    private ExportItemsResponse _message = new();
    private int _bytes;

    /// <summary>Streams the items.</summary>
    /// <exception cref="ServiceException">Aborted: the client took nothing for a minute.</exception>
    public async Task RunAsync(ItemStore items, ItemExport export, CancellationToken cancel)
    {
        await items.ExportAsync(dataset, export, AddAsync, cancel);
        if (_message.Items.Count > 0)
        {
            await SendAsync(cancel);
        }
    }

    private async Task AddAsync(StoredItem stored, CancellationToken cancel)
    {
        // Tag and length of an entry take up to six bytes.
        var item = ItemMapping.ToResource(dataset, stored);
        var bytes = item.CalculateSize() + 6;
        if (_message.Items.Count > 0 && _bytes + bytes > Limits.ExportMessageBytes)
        {
            await SendAsync(cancel);
        }

        _message.Items.Add(item);
        _bytes += bytes;
    }

    private async Task SendAsync(CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(StallLimit);
        try
        {
            await stream.WriteAsync(_message, patience.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new ServiceException(
                ErrorKind.Aborted, "STREAM_IDLE", $"Nothing of the export was taken for {StallLimit.TotalSeconds} s. Start it again.");
        }

        (_message, _bytes) = (new ExportItemsResponse(), 0);
    }
}
