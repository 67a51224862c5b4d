using LabelerService.Contracts;
using LabelerService.Core.Errors;
using LabelerService.Server.Validation;
using LabelerService.Storage.Datasets;

namespace LabelerService.Server.Services;

/// <summary>Finds the dataset that a request names; the one place where its absence becomes NOT_FOUND with the field's path.</summary>
internal sealed class DatasetResolver(DatasetStore datasets)
{
    /// <summary>The dataset of <c>datasets/{dataset}</c>.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT for a malformed name, NOT_FOUND for an unknown dataset.</exception>
    public Task<DatasetRecord> ResolveAsync(string name, string field, CancellationToken cancel) =>
        FindAsync(Names.Dataset(name, field), field, cancel);

    /// <summary>The dataset with this id, named by <paramref name="field"/>.</summary>
    public async Task<DatasetRecord> FindAsync(string id, string field, CancellationToken cancel) =>
        await datasets.FindAsync(id, cancel)
        ?? throw ServiceException.NotFound(field, ResourceName.Dataset(id), "Create it first, or list the datasets to see what there is.");
}
