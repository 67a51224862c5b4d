namespace LabelerService.Learning.Training;

/// <summary>What sets one algorithm of the family apart from the next.</summary>
/// <param name="HeadPerLabeler">True: a head per labeler, trained on their annotations. False: one head, trained on each item's label distribution.</param>
/// <param name="LearnsWeights">True: the heads are averaged with learnt weights. False: with equal ones.</param>
internal sealed record LearningAlgorithm(bool HeadPerLabeler, bool LearnsWeights);

/// <summary>The algorithms that can be trained, by the ids of <see cref="Core.Models.AlgorithmCatalogue"/>. A new one is one entry.</summary>
internal static class LearningAlgorithms
{
    public static IReadOnlyDictionary<string, LearningAlgorithm> All { get; } = new Dictionary<string, LearningAlgorithm>(StringComparer.Ordinal)
    {
        ["bn"] = new(HeadPerLabeler: false, LearnsWeights: false),
        ["dn"] = new(HeadPerLabeler: true, LearnsWeights: false),
        ["wdn"] = new(HeadPerLabeler: true, LearnsWeights: true),
    };
}
