using LabelerService.Contracts.V1;

namespace LabelerService.Client;

/// <summary>Uploads and reads items and their gold classes.</summary>
public sealed class ItemCalls
{
    private readonly ServiceConnection _connection;

    internal ItemCalls(ServiceConnection connection) => _connection = connection;

    /// <summary>
    /// Uploads any number of items in batches of about 1 MiB, a few at once; each is all or none, and what is reported as stored is committed.
    /// A batch is sent again after a break, under the same request id, for as long as <see cref="RetrySettings.LongestOutage"/> allows.
    /// Storing an item again changes nothing, so the same upload again goes on where one ended.
    /// </summary>
    /// <param name="dataset">Id or name of the dataset.</param>
    /// <param name="items">The items, each key once: of two batches under way either may be stored last.</param>
    /// <param name="window">Most batches under way, at least 1; the source is read no further meanwhile.</param>
    /// <param name="progress">Told after each batch, in the order of the source.</param>
    /// <param name="cancellationToken">Ends it; what was reported as stored stays stored.</param>
    /// <returns>What it did.</returns>
    /// <exception cref="LabelerException">
    /// An item was refused (fields are named <c>items[ROW].FIELD</c>, rows counted from 0), or the service failed. Batches before and next
    /// to it may be stored.
    /// </exception>
    public Task<ItemWriteCounts> UploadAsync(
        string dataset, IAsyncEnumerable<NewItem> items, int window = 4, IProgress<UploadProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        new ItemBatchUpload(_connection, DatasetNames.Of(dataset)).SendAsync(items, window, progress, cancellationToken);

    /// <summary>Uploads any number of items over one stream, all or none. A break leaves nothing; it is not sent again.</summary>
    /// <param name="dataset">Id or name of the dataset.</param>
    /// <param name="items">The items.</param>
    /// <param name="cancellationToken">Ends it; the service then keeps nothing.</param>
    /// <returns>What it did; it is committed.</returns>
    /// <exception cref="LabelerException">An item was refused or the stream broke; nothing is stored.</exception>
    public async Task<ItemWriteCounts> UploadAllOrNoneAsync(
        string dataset, IAsyncEnumerable<NewItem> items, CancellationToken cancellationToken = default)
    {
        var parent = DatasetNames.Of(dataset);
        using var call = _connection.Items.StreamItems(cancellationToken: cancellationToken);
        var messages = ItemBatches.GroupAsync(items.Select(item => (item, item)), cancellationToken: cancellationToken)
            .Select(group => new StreamItemsRequest { Parent = parent, Batch = ItemBatches.ToBatch([.. group.Select(entry => entry.Item)]) });
        return await Calls.RunAsync(
            async () => (await ClientStream.SendAsync(call, messages, cancellationToken)).Counts ?? new ItemWriteCounts(), cancellationToken);
    }

    /// <summary>Sets gold classes, in batches of 10,000 of which each is all or none.</summary>
    /// <param name="dataset">Id or name of the dataset.</param>
    /// <param name="gold">Keys of items, each with the name of its class; an empty name clears it.</param>
    /// <param name="cancellationToken">Ends it; batches before stay stored.</param>
    /// <returns>Number of items whose gold class changed.</returns>
    /// <exception cref="LabelerException">An item or class does not exist; batches before are stored.</exception>
    public async Task<long> SetGoldAsync(
        string dataset, IEnumerable<KeyValuePair<string, string>> gold, CancellationToken cancellationToken = default)
    {
        var changed = 0L;
        foreach (var batch in gold.Chunk(ClientStream.MaximumEntries))
        {
            var request = new BatchSetGoldClassesRequest { Parent = DatasetNames.Of(dataset), RequestId = ServiceConnection.NewRequestId() };
            request.GoldClasses.Add(batch.Select(
                pair => pair.Value.Length > 0 ? new GoldClass { ItemId = pair.Key, ClassName = pair.Value } : new GoldClass { ItemId = pair.Key }));
            var answer = await Calls.RunAsync(
                async () => await _connection.Items.BatchSetGoldClassesAsync(request, cancellationToken: cancellationToken), cancellationToken);
            changed += answer.Changed;
        }

        return changed;
    }

    /// <summary>All items of a dataset in the order they were first stored, as of one moment.</summary>
    /// <param name="dataset">Id or name of the dataset.</param>
    /// <param name="split">Only items of this split; unspecified takes all.</param>
    /// <param name="features">Whether features are wanted.</param>
    /// <param name="contents">Whether texts and image files are wanted.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The items as they arrive.</returns>
    /// <exception cref="LabelerException">There is no such dataset, or the connection broke: begin anew.</exception>
    public IAsyncEnumerable<Item> ExportAsync(
        string dataset, Split split = Split.Unspecified, bool features = false, bool contents = false, CancellationToken cancellationToken = default)
    {
        var request = new ExportItemsRequest
        {
            Parent = DatasetNames.Of(dataset),
            Split = split,
            IncludeFeatures = features,
            IncludeContents = contents,
        };
        return Calls.ReadAsync(() => _connection.Items.ExportItems(request, cancellationToken: cancellationToken), cancellationToken)
            .SelectMany(answer => answer.Items);
    }
}
