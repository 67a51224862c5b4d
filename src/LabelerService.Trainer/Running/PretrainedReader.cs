using LabelerService.Core.Encodings;
using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Core.Training;
using LabelerService.Extraction;
using LabelerService.Learning;
using LabelerService.Storage.Artefacts;
using LabelerService.Storage.Backbones;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;

namespace LabelerService.Trainer.Running;

/// <summary>What the setting <c>pretrained</c> of a run names, loaded; neither where it names nothing.</summary>
/// <param name="Extractor">What makes rows of items; owned.</param>
/// <param name="Backbone">What the net's backbone starts from.</param>
/// <param name="Texts">What made rows of the texts that this backbone learnt from: on other rows its values mean nothing. Owned.</param>
internal sealed record Pretrained(OnnxExtractor? Extractor = null, BackboneStart? Backbone = null, TextEncoder? Texts = null) : IDisposable
{
    public void Dispose()
    {
        Extractor?.Dispose();
        Texts?.Dispose();
    }
}

/// <summary>Finds and loads what the setting <c>pretrained</c> names. Whoever created the run was allowed to; here it is asked once more whether it fits.</summary>
internal sealed class PretrainedReader(DatasetStore datasets, BackboneStore backbones, ModelStore models, ArtefactStore artefacts)
{
    /// <summary>Loads it.</summary>
    /// <param name="datasetId">Dataset to train on.</param>
    /// <param name="settings">Settings of the run.</param>
    /// <param name="cancel">Cancels.</param>
    /// <exception cref="ServiceException">NotFound; FailedPrecondition (PRETRAINED_MISMATCH); InvalidArgument: no such name.</exception>
    public async Task<Pretrained> ReadAsync(string datasetId, TrainingSettings settings, CancellationToken cancel)
    {
        if (settings.Pretrained.Length == 0)
        {
            return new Pretrained();
        }

        var source = PretrainedSource.Parse(settings.Pretrained, datasetId)
            ?? throw ServiceException.InvalidField("settings[pretrained]", PretrainedSource.Pattern);
        var dataset = await datasets.GetAsync(datasetId, cancel);
        var owner = source.Dataset == datasetId ? dataset : await datasets.GetAsync(source.Dataset, cancel);
        if (source.Backbone is { } id)
        {
            var backbone = await backbones.GetAsync(owner, id, cancel);
            Check(source, PretrainedRules.Problem(settings, dataset.Schema, backbone.Manifest));
            var file = await artefacts.ReadAsync(backbone.ArtefactSha256, cancel);
            return backbone.Manifest.Source == BackboneSource.Extractor
                ? new Pretrained(Extractor: await Task.Run(() => Load(file, dataset, backbone), cancel))
                : new Pretrained(Backbone: new BackboneStart(source.Name, backbone.ArtefactSha256, file));
        }

        var version = await models.GetVersionAsync(owner, source.Model!, source.Version, cancel);
        Check(source, PretrainedRules.Problem(settings, dataset.Schema, version.Manifest, version.WeightsSha256 is not null));
        var weights = await artefacts.ReadAsync(version.WeightsSha256!, cancel);
        return new Pretrained(
            Backbone: new BackboneStart(source.Name, version.WeightsSha256!, weights), Texts: await TextsAsync(version, cancel));
    }

    /// <summary>Reads what makes rows of texts for a version; null where its items are no texts. The caller's to dispose of.</summary>
    /// <exception cref="ServiceException">FailedPrecondition (ARTEFACT_CORRUPT): what is stored cannot be read.</exception>
    public async Task<TextEncoder?> TextsAsync(ModelVersionRecord version, CancellationToken cancel)
    {
        if (version.Manifest.Encoding is not { Kind: ItemEncodingKind.Text, ArtefactSha256: { } hash })
        {
            return null;
        }

        try
        {
            return TextEncoder.Read(await artefacts.ReadAsync(hash, cancel));
        }
        catch (InvalidDataException error)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "ARTEFACT_CORRUPT",
                $"What makes rows of the items of version {version.Version} of model {version.ModelId} cannot be read: {error.Message} Train without it.");
        }
    }

    // One thread a block, several blocks at once; full blocks, so that what an item becomes depends on nothing else.
    private static OnnxExtractor Load(byte[] file, DatasetRecord dataset, BackboneRecord backbone) => OnnxExtractor.Load(
        file, dataset.Schema,
        new ExtractorOptions { Input = backbone.Manifest.Extractor!, Backbone = backbone.Name, FullBlocks = true, TrialTime = null });

    private static void Check(PretrainedSource source, string? problem)
    {
        if (problem is not null)
        {
            throw new ServiceException(ErrorKind.FailedPrecondition, "PRETRAINED_MISMATCH", $"Training cannot use {source.Name}: {problem}.");
        }
    }
}
