using LabelerService.Core.Uncertainty;

namespace LabelerService.Server.Inference;

/// <summary>Puts what heads say of an item into an answer.</summary>
internal static class HeadRows
{
    private const int MostOnStack = 256;

    /// <summary>All heads; the answer has the item's distribution already.</summary>
    public static void Write(PredictedItems answer, int item, PredictionOptions options, ReadOnlySpan<float> weights, ReadOnlySpan<float> heads)
    {
        var classes = heads.Length / weights.Length;
        answer.Entropies[item] = (float)EnsembleUncertainty.PredictiveEntropy(answer.Probabilities.AsSpan(item * classes, classes));
        answer.Disagreements[item] = (float)EnsembleUncertainty.MutualInformation(weights, heads);
        if (options.LabelerProbabilities)
        {
            heads.CopyTo(answer.LabelerProbabilities.AsSpan(item * heads.Length));
        }

        if (options.LabelerWeights)
        {
            weights.CopyTo(answer.LabelerWeights.AsSpan(item * weights.Length));
        }

        if (options.ExpectedDisagreement)
        {
            answer.ExpectedDisagreements[item] = (float)EnsembleUncertainty.ExpectedDisagreement(weights, heads);
        }

        if (options.Deviations)
        {
            EnsembleUncertainty.Deviations(weights, heads, answer.Deviations.AsSpan(item * classes, classes));
        }
    }

    /// <summary>Some heads, averaged without the others.</summary>
    public static void WriteSubset(
        PredictedItems answer, int item, PredictionOptions options, LabelerSubset subset, ReadOnlySpan<float> weights, ReadOnlySpan<float> heads)
    {
        var classes = heads.Length / weights.Length;
        var chosen = subset.Heads.Length;
        var subsetWeights = chosen <= MostOnStack ? stackalloc float[MostOnStack] : new float[chosen];
        var rows = chosen * classes <= MostOnStack * 8 ? stackalloc float[MostOnStack * 8] : new float[chosen * classes];
        subsetWeights = subsetWeights[..chosen];
        rows = rows[..(chosen * classes)];
        subset.Mixture.Average(heads, weights, subset.Heads, subsetWeights, answer.Probabilities.AsSpan(item * classes, classes));
        for (var s = 0; s < chosen; s++)
        {
            heads.Slice(subset.Heads[s] * classes, classes).CopyTo(rows[(s * classes)..]);
        }

        Write(answer, item, options, subsetWeights, rows);
    }
}
