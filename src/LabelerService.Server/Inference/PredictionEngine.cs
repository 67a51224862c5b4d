using LabelerService.Contracts;
using LabelerService.Core.Errors;
using LabelerService.Core.Uncertainty;
using LabelerService.Server.Errors;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;

namespace LabelerService.Server.Inference;

/// <summary>
/// Predicts with resident models. The heads' distributions are always computed, because the disagreement needs them, but only for a block
/// of items at a time: memory does not grow with the number of items unless the caller wants them. The distilled head answers without them.
/// Callers check themselves that whoever asks may see the dataset.
/// </summary>
internal sealed class PredictionEngine(DatasetStore datasets, ModelStore models, ModelCache cache)
{
    private const int BlockItems = 256;

    // 64 MiB of float32: what the heads of one block may take.
    private const long BlockValues = 16 * 1024 * 1024;

    /// <summary>Decides which version of a model answers, and pins it.</summary>
    /// <param name="datasetId">Id of the dataset.</param>
    /// <param name="modelId">Id of the model.</param>
    /// <param name="version">Version; null follows the alias.</param>
    /// <param name="alias">Alias; null or empty for the champion; not used with a version.</param>
    /// <param name="field">Path of the model's name in the request.</param>
    /// <param name="cancel">Cancels.</param>
    /// <exception cref="ServiceException">NOT_FOUND naming <c>dataset</c> or the field.</exception>
    public async ValueTask<PinnedModel> PinAsync(
        string datasetId, string modelId, int? version, string? alias, string field, CancellationToken cancel)
    {
        var dataset = await datasets.FindAsync(datasetId, cancel)
            ?? throw ServiceException.NotFound(
                "dataset", ResourceName.Dataset(datasetId), "Create it first, or list the datasets to see what there is.");
        var record = version is { } number
            ? await models.GetVersionAsync(dataset, modelId, number, cancel).NamedBy(field)
            : await models.GetVersionByAliasAsync(
                dataset, modelId, string.IsNullOrEmpty(alias) ? ModelAliases.Champion : alias, cancel).NamedBy(field);
        return new PinnedModel(dataset, record, await cache.BorrowAsync(dataset, record, cancel));
    }

    /// <summary>Predicts items.</summary>
    /// <param name="model">The version.</param>
    /// <param name="features">Features, row-major [count, D], every value finite; more may follow and are not read.</param>
    /// <param name="count">Number of items, at least 1.</param>
    /// <param name="options">What to compute.</param>
    /// <param name="cancel">Cancels.</param>
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Performance", "CA1822", Justification = "Requests are to queue here.")]
    public ValueTask<PredictedItems> PredictAsync(
        PinnedModel model, ReadOnlyMemory<float> features, int count, PredictionOptions options, CancellationToken cancel) =>
        ValueTask.FromResult(
            options.Distilled
                ? PredictDistilled(model.Session, features, count, cancel)
                : PredictEnsemble(model.Session, features, count, options, cancel));

    private static PredictedItems PredictEnsemble(
        ModelSession session, ReadOnlyMemory<float> features, int count, PredictionOptions options, CancellationToken cancel)
    {
        var (classes, heads, length) = (session.Manifest.Classes.Count, session.Manifest.Heads.Count, session.Manifest.FeatureLength);
        var predicted = new PredictedItems(
            count, new float[count * classes], new float[count], new float[count],
            options.LabelerProbabilities ? new float[checked(count * heads * classes)] : [],
            options.LabelerWeights ? new float[checked(count * heads)] : []);

        var block = (int)Math.Min(count, Math.Clamp(BlockValues / ((long)heads * classes), 1, BlockItems));
        var input = new float[block * length];
        var headRows = new float[block * heads * classes];
        var weightRows = new float[block * heads];
        for (var start = 0; start < count; start += block)
        {
            cancel.ThrowIfCancellationRequested();
            var size = Math.Min(block, count - start);
            features.Span.Slice(start * length, size * length).CopyTo(input);
            var headBlock = headRows.AsSpan(0, size * heads * classes);
            var weightBlock = weightRows.AsSpan(0, size * heads);
            session.Run(input, size, predicted.Probabilities.AsSpan(start * classes, size * classes), headBlock, weightBlock);
            for (var i = 0; i < size; i++)
            {
                var item = start + i;
                predicted.Entropies[item] =
                    (float)EnsembleUncertainty.PredictiveEntropy(predicted.Probabilities.AsSpan(item * classes, classes));
                predicted.Disagreements[item] = (float)EnsembleUncertainty.MutualInformation(
                    weightBlock.Slice(i * heads, heads), headBlock.Slice(i * heads * classes, heads * classes));
            }

            if (options.LabelerProbabilities)
            {
                headBlock.CopyTo(predicted.LabelerProbabilities.AsSpan(start * heads * classes));
            }

            if (options.LabelerWeights)
            {
                weightBlock.CopyTo(predicted.LabelerWeights.AsSpan(start * heads));
            }
        }

        return predicted;
    }

    private static PredictedItems PredictDistilled(ModelSession session, ReadOnlyMemory<float> features, int count, CancellationToken cancel)
    {
        var (classes, length) = (session.Manifest.Classes.Count, session.Manifest.FeatureLength);
        var predicted = new PredictedItems(count, new float[count * classes], new float[count], [], [], []);
        var input = new float[Math.Min(count, BlockItems) * length];
        for (var start = 0; start < count; start += BlockItems)
        {
            cancel.ThrowIfCancellationRequested();
            var size = Math.Min(BlockItems, count - start);
            features.Span.Slice(start * length, size * length).CopyTo(input);
            session.RunDistilled(input, size, predicted.Probabilities.AsSpan(start * classes, size * classes));
        }

        for (var item = 0; item < count; item++)
        {
            predicted.Entropies[item] = (float)EnsembleUncertainty.PredictiveEntropy(predicted.Probabilities.AsSpan(item * classes, classes));
        }

        return predicted;
    }
}
