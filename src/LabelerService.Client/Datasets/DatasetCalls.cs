using LabelerService.Contracts.V1;

namespace LabelerService.Client;

/// <summary>Creates, reads and deletes datasets.</summary>
public sealed class DatasetCalls
{
    private readonly ServiceConnection _connection;

    internal DatasetCalls(ServiceConnection connection) => _connection = connection;

    /// <summary>Creates a dataset.</summary>
    /// <param name="id">Its id, 1 to 63 of a-z, 0-9 and -.</param>
    /// <param name="classes">Names of the classes, 2 to 1,000, in index order.</param>
    /// <param name="itemType">What an item is: <see cref="ItemTypes"/>.</param>
    /// <param name="displayName">For people.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The dataset.</returns>
    /// <exception cref="LabelerException">The id is taken (<c>AlreadyExists</c>), or a field is wrong.</exception>
    public Task<Dataset> CreateAsync(
        string id, IEnumerable<string> classes, ItemType itemType, string displayName = "", CancellationToken cancellationToken = default)
    {
        var dataset = new Dataset { ItemType = itemType, DisplayName = displayName };
        dataset.Classes.Add(classes);
        return CreateAsync(id, dataset, cancellationToken);
    }

    /// <summary>Creates a dataset with all its fields.</summary>
    /// <param name="id">Its id, 1 to 63 of a-z, 0-9 and -.</param>
    /// <param name="dataset">The dataset; its name is ignored.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The dataset.</returns>
    /// <exception cref="LabelerException">The id is taken (<c>AlreadyExists</c>), or a field is wrong.</exception>
    public Task<Dataset> CreateAsync(string id, Dataset dataset, CancellationToken cancellationToken = default) => Calls.RunAsync(
        async () => await _connection.Datasets.CreateDatasetAsync(
            new CreateDatasetRequest { DatasetId = id, Dataset = dataset, RequestId = ServiceConnection.NewRequestId() },
            cancellationToken: cancellationToken),
        cancellationToken);

    /// <summary>Reads a dataset with its counts.</summary>
    /// <param name="dataset">Id or name.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The dataset.</returns>
    /// <exception cref="LabelerException">There is none (<c>NotFound</c>).</exception>
    public Task<Dataset> GetAsync(string dataset, CancellationToken cancellationToken = default) => Calls.RunAsync(
        async () => await _connection.Datasets.GetDatasetAsync(
            new GetDatasetRequest { Name = DatasetNames.Of(dataset) }, cancellationToken: cancellationToken),
        cancellationToken);

    /// <summary>All datasets by ascending id, without counts.</summary>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The datasets, read page by page.</returns>
    /// <exception cref="LabelerException">The service failed.</exception>
    public IAsyncEnumerable<Dataset> ListAsync(CancellationToken cancellationToken = default) => Paging.AllAsync<Dataset>(
        token => Calls.RunAsync(
            async () =>
            {
                var page = await _connection.Datasets.ListDatasetsAsync(
                    new ListDatasetsRequest { PageSize = Paging.PageSize, PageToken = token }, cancellationToken: cancellationToken);
                return ((IEnumerable<Dataset>)page.Datasets, page.NextPageToken);
            },
            cancellationToken),
        cancellationToken);

    /// <summary>Deletes a dataset with everything in it. Sent once: where the connection breaks meanwhile, it may be gone already.</summary>
    /// <param name="dataset">Id or name.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>When it is gone.</returns>
    /// <exception cref="LabelerException">There is none (<c>NotFound</c>).</exception>
    public Task DeleteAsync(string dataset, CancellationToken cancellationToken = default) => Calls.RunAsync(
        async () => await _connection.Datasets.DeleteDatasetAsync(
            new DeleteDatasetRequest { Name = DatasetNames.Of(dataset) }, cancellationToken: cancellationToken),
        cancellationToken);
}
