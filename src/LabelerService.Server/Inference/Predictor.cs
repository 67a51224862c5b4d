using LabelerService.Core.Uncertainty;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;

namespace LabelerService.Server.Inference;

/// <summary>What a model says of N items, row-major.</summary>
/// <param name="Count">Number of items N.</param>
/// <param name="Probabilities">[N, K].</param>
/// <param name="Entropies">Predictive entropy in nats, [N].</param>
/// <param name="Disagreements">Mutual information between class and labeler in nats, [N]; empty where the distilled head answered.</param>
/// <param name="LabelerProbabilities">[N, R, K]; empty if not asked for.</param>
/// <param name="LabelerWeights">[N, R]; empty if not asked for.</param>
internal sealed record PredictedItems(
    int Count, float[] Probabilities, float[] Entropies, float[] Disagreements, float[] LabelerProbabilities, float[] LabelerWeights)
{
    /// <summary>Number of classes K.</summary>
    public int ClassCount => Probabilities.Length / Count;

    /// <summary>Index of the likeliest class of an item; the lowest index wins a tie.</summary>
    public int TopClass(int item)
    {
        var row = Probabilities.AsSpan(item * ClassCount, ClassCount);
        var top = 0;
        for (var k = 1; k < row.Length; k++)
        {
            top = row[k] > row[top] ? k : top;
        }

        return top;
    }
}

/// <summary>
/// Predicts blocks of items with a resident model. The heads' distributions are always computed, because the disagreement needs them,
/// but only for a block of items at a time: memory does not grow with the number of items unless the caller wants them. The distilled head
/// answers without them.
/// </summary>
internal sealed class Predictor(ModelCache cache)
{
    private const int BlockItems = 256;

    // 64 MiB of float32: what the heads of one block may take.
    private const long BlockValues = 16 * 1024 * 1024;

    /// <summary>Predicts items.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="version">The model version, one of this dataset's.</param>
    /// <param name="features">Features, row-major [count, D].</param>
    /// <param name="count">Number of items.</param>
    /// <param name="wantProbabilities">Whether to keep the heads' distributions.</param>
    /// <param name="wantWeights">Whether to keep the heads' weights.</param>
    /// <param name="cancel">Cancels between blocks.</param>
    public async Task<PredictedItems> PredictAsync(
        DatasetRecord dataset, ModelVersionRecord version, ReadOnlyMemory<float> features, int count, bool wantProbabilities,
        bool wantWeights, CancellationToken cancel)
    {
        await using var lease = await cache.BorrowAsync(dataset, version, cancel);
        var session = lease.Session;
        var (classes, heads, length) = (session.Manifest.Classes.Count, session.Manifest.Heads.Count, session.Manifest.FeatureLength);
        var predicted = new PredictedItems(
            count, new float[count * classes], new float[count], new float[count],
            wantProbabilities ? new float[checked(count * heads * classes)] : [], wantWeights ? new float[checked(count * heads)] : []);

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

            if (wantProbabilities)
            {
                headBlock.CopyTo(predicted.LabelerProbabilities.AsSpan(start * heads * classes));
            }

            if (wantWeights)
            {
                weightBlock.CopyTo(predicted.LabelerWeights.AsSpan(start * heads));
            }
        }

        return predicted;
    }

    /// <summary>Predicts items with the distilled head of a version that has one.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="version">The model version, one of this dataset's.</param>
    /// <param name="features">Features, row-major [count, D].</param>
    /// <param name="count">Number of items.</param>
    /// <param name="cancel">Cancels between blocks.</param>
    public async Task<PredictedItems> PredictDistilledAsync(
        DatasetRecord dataset, ModelVersionRecord version, ReadOnlyMemory<float> features, int count, CancellationToken cancel)
    {
        await using var lease = await cache.BorrowAsync(dataset, version, cancel);
        var session = lease.Session;
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
