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
