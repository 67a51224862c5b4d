namespace LabelerService.Server.Inference;

/// <summary>What a model says of N items, row-major. R is the number of heads that answered: all, or those of the subset.</summary>
/// <param name="Count">Number of items N.</param>
/// <param name="Probabilities">[N, K].</param>
/// <param name="Entropies">Predictive entropy in nats, [N].</param>
/// <param name="Disagreements">Mutual information between class and labeler in nats, [N]; empty where the distilled head answered.</param>
/// <param name="LabelerProbabilities">[N, R, K]; empty if not asked for.</param>
/// <param name="LabelerWeights">[N, R]; empty if not asked for.</param>
internal sealed record PredictedItems(
    int Count, float[] Probabilities, float[] Entropies, float[] Disagreements, float[] LabelerProbabilities, float[] LabelerWeights)
{
    /// <summary>Probability that two labelers, drawn by weight, name different classes, [N]; empty if not asked for.</summary>
    public float[] ExpectedDisagreements { get; init; } = [];

    /// <summary>Weighted standard deviation of the heads' probabilities, [N, K]; empty if not asked for.</summary>
    public float[] Deviations { get; init; } = [];

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

    /// <summary>Room for an answer.</summary>
    /// <param name="count">N.</param>
    /// <param name="classes">K.</param>
    /// <param name="allHeads">Heads of the model; the options may name fewer.</param>
    /// <param name="options">What is computed.</param>
    public static PredictedItems Create(int count, int classes, int allHeads, PredictionOptions options)
    {
        var heads = options.Labelers?.Heads.Length ?? allHeads;
        return new PredictedItems(
            count, new float[count * classes], new float[count], options.Distilled ? [] : new float[count],
            options.LabelerProbabilities ? new float[checked(count * heads * classes)] : [],
            options.LabelerWeights ? new float[checked(count * heads)] : [])
        {
            ExpectedDisagreements = options.ExpectedDisagreement ? new float[count] : [],
            Deviations = options.Deviations ? new float[count * classes] : [],
        };
    }
}
