using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Core.Training;
using LabelerService.Server.Errors;
using LabelerService.Storage.Backbones;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;

namespace LabelerService.Server.Services;

/// <summary>
/// Whether training can use what its setting <c>pretrained</c> names, asked before a run exists: it is there, the caller may see the dataset it
/// is of, and it fits.
/// </summary>
internal sealed class PretrainedCheck(DatasetResolver datasets, BackboneStore backbones, ModelStore models)
{
    /// <summary>Checks the setting; nothing where it names nothing.</summary>
    /// <param name="dataset">Dataset to train on.</param>
    /// <param name="algorithm">Algorithm, valid.</param>
    /// <param name="given">Its settings, valid.</param>
    /// <param name="warmStart">Whether the run starts from a version's weights as well.</param>
    /// <param name="resource">Path of what the settings are in: <c>training_run</c>.</param>
    /// <param name="cancel">Cancels.</param>
    /// <exception cref="ServiceException">
    /// INVALID_ARGUMENT: no such name; PERMISSION_DENIED: outside the caller's scope; NOT_FOUND; FAILED_PRECONDITION (PRETRAINED_MISMATCH).
    /// </exception>
    public Task CheckAsync(
        DatasetRecord dataset, string algorithm, IReadOnlyDictionary<string, string> given, bool warmStart, string resource, CancellationToken cancel) =>
        CheckAsync(dataset, AlgorithmCatalogue.Validate(algorithm, given), warmStart, resource, cancel);

    /// <summary>Checks the setting; nothing where it names nothing.</summary>
    /// <param name="dataset">Dataset to train on.</param>
    /// <param name="settings">Algorithm and settings.</param>
    /// <param name="warmStart">Whether the run starts from a version's weights as well.</param>
    /// <param name="resource">Path of what the settings are in: <c>training_run</c>.</param>
    /// <param name="cancel">Cancels.</param>
    /// <exception cref="ServiceException">As where the settings are given by their keys.</exception>
    public async Task CheckAsync(DatasetRecord dataset, TrainingSettings settings, bool warmStart, string resource, CancellationToken cancel)
    {
        var field = $"{resource}.settings[pretrained]";
        if (settings.Pretrained.Length == 0)
        {
            return;
        }

        var source = PretrainedSource.Parse(settings.Pretrained, dataset.Id) ?? throw ServiceException.InvalidField(field, PretrainedSource.Pattern);
        var owner = source.Dataset == dataset.Id ? dataset : await datasets.FindAsync(source.Dataset, field, cancel);
        string? problem;
        var extracts = false;
        if (source.Backbone is { } id)
        {
            var backbone = await backbones.GetAsync(owner, id, cancel).NamedBy(field);
            extracts = backbone.Manifest.Source == BackboneSource.Extractor;
            problem = PretrainedRules.Problem(settings, dataset.Schema, backbone.Manifest);
        }
        else
        {
            var version = await models.GetVersionAsync(owner, source.Model!, source.Version, cancel).NamedBy(field);
            problem = PretrainedRules.Problem(settings, dataset.Schema, version.Manifest, version.WeightsSha256 is not null);
        }

        problem ??= warmStart && !extracts ? "the run starts from a version's weights already; leave one of the two out" : null;
        if (problem is not null)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "PRETRAINED_MISMATCH", $"Training cannot use {source.Name}: {problem}.", new FieldViolation(field, problem));
        }
    }
}
