using LabelerService.Core.Errors;
using LabelerService.Server.Errors;
using LabelerService.Server.Validation;
using LabelerService.Storage.Artefacts;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;

namespace LabelerService.Server.Services;

/// <summary>Finds versions that are to be handed out, and their files; over gRPC and HTTP alike.</summary>
internal sealed class ModelDownloads(ModelStore models, ArtefactStore artefacts, DatasetResolver datasets)
{
    /// <summary>The version of <c>…/versions/{version}</c>, or the champion of <c>datasets/{dataset}/models/{model}</c>.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT, PERMISSION_DENIED or NOT_FOUND, also for a deleted version, naming the field.</exception>
    public async Task<(DatasetRecord Dataset, ModelVersionRecord Version)> FindAsync(string name, string field, CancellationToken cancel)
    {
        var (datasetId, model, version) = Names.ModelOrVersion(name, field);
        var dataset = await datasets.FindAsync(datasetId, field, cancel);
        return (dataset, version is { } number
            ? await models.GetVersionAsync(dataset, model, number, cancel).NamedBy(field)
            : await models.GetVersionByAliasAsync(dataset, model, ModelAliases.Champion, cancel).NamedBy(field));
    }

    /// <summary>The version's file, its hash verified.</summary>
    /// <exception cref="ServiceException">NOT_FOUND: deleted meanwhile. FAILED_PRECONDITION (ARTEFACT_CORRUPT).</exception>
    public Task<byte[]> ReadAsync(ModelVersionRecord version, string field, CancellationToken cancel) =>
        artefacts.ReadAsync(version.ArtefactSha256, cancel).NamedBy(field);
}
