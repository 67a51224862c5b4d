using LabelerService.Contracts;
using LabelerService.Core.Errors;
using LabelerService.Server.Security;
using LabelerService.Server.Validation;
using LabelerService.Storage.Datasets;

namespace LabelerService.Server.Services;

/// <summary>
/// Finds the dataset that a request names; the one place where its absence becomes NOT_FOUND with the field's path. Every handler comes by
/// here, so this is also where the caller's scope is checked, before the look-up: what a caller may not see might as well not exist.
/// </summary>
internal sealed class DatasetResolver(DatasetStore datasets, IHttpContextAccessor http)
{
    /// <summary>The dataset of <c>datasets/{dataset}</c>.</summary>
    /// <exception cref="ServiceException">
    /// INVALID_ARGUMENT for a malformed name, PERMISSION_DENIED outside the caller's scope, NOT_FOUND for an unknown dataset.
    /// </exception>
    public Task<DatasetRecord> ResolveAsync(string name, string field, CancellationToken cancel) =>
        FindAsync(Names.Dataset(name, field), field, cancel);

    /// <summary>Whether the caller may see a dataset, asked without looking whether it exists; for what finds datasets by itself.</summary>
    /// <exception cref="ServiceException">PERMISSION_DENIED outside the caller's scope.</exception>
    public void CheckScope(string id, string field) => Caller.Of(http.HttpContext).CheckDataset(id, field);

    /// <summary>The dataset with this id, named by <paramref name="field"/>.</summary>
    /// <exception cref="ServiceException">PERMISSION_DENIED outside the caller's scope, NOT_FOUND for an unknown dataset.</exception>
    public async Task<DatasetRecord> FindAsync(string id, string field, CancellationToken cancel)
    {
        CheckScope(id, field);
        return await datasets.FindAsync(id, cancel)
            ?? throw Missing(id, field);
    }

    /// <summary>What callers are told of a dataset that is not there, or not any more.</summary>
    public static ServiceException Missing(string id, string field) =>
        ServiceException.NotFound(field, ResourceName.Dataset(id), "Create it first, or list the datasets to see what there is.");
}
