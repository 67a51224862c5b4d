using LabelerService.Core.Errors;
using LabelerService.Server.Errors;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;

namespace LabelerService.Server.Inference;

/// <summary>Decides which version of a model answers: the one named, else the one an alias stands for, else the champion.</summary>
internal sealed class ModelResolver(ModelStore models)
{
    /// <summary>Finds the version.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="model">Id of the model.</param>
    /// <param name="version">Version, null to follow an alias.</param>
    /// <param name="alias">Alias, null or empty for the champion; not used with a version.</param>
    /// <param name="field">Path of the model's name in the request.</param>
    /// <param name="cancel">Cancels.</param>
    /// <exception cref="ServiceException">NOT_FOUND naming the field.</exception>
    public async Task<ModelVersionRecord> ResolveAsync(
        DatasetRecord dataset, string model, int? version, string? alias, string field, CancellationToken cancel)
    {
        if (version is { } number)
        {
            return await models.GetVersionAsync(dataset, model, number, cancel).NamedBy(field);
        }

        return await models.GetVersionByAliasAsync(dataset, model, string.IsNullOrEmpty(alias) ? ModelAliases.Champion : alias, cancel).NamedBy(field);
    }
}
