namespace LabelerService.TestKit.Crowds;

/// <summary>What kind of crowd to simulate.</summary>
public sealed record SimulatedCrowdOptions
{
    /// <summary>Id of the dataset.</summary>
    public string Dataset { get; init; } = "simulated";

    /// <summary>Seed of everything random: the same options give the same crowd.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Items in all splits together.</summary>
    public int Items { get; init; } = 300;

    /// <summary>Length D of the feature vectors.</summary>
    public int Dimensions { get; init; } = 8;

    /// <summary>Classes K.</summary>
    public int Classes { get; init; } = 3;

    /// <summary>
    /// Accuracy of each labeler, in [0, 1]; a wrong answer is any other class with equal chance. Not used where
    /// <see cref="Confusions"/> is given.
    /// </summary>
    public IReadOnlyList<double> Accuracies { get; init; } = [0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5];

    /// <summary>Chance of each answer given the true class, [labeler][true class][answer]; null derives it from the accuracies.</summary>
    public IReadOnlyList<double[][]>? Confusions { get; init; }

    /// <summary>Labelers who answer about each item, drawn without replacement.</summary>
    public int LabelsPerItem { get; init; } = 3;

    /// <summary>Distance of the class centres from the origin, in standard deviations of a cluster.</summary>
    public double Separation { get; init; } = 3;

    /// <summary>Part of the items in the validation split; they have annotations and gold.</summary>
    public double ValidationShare { get; init; } = 0.2;

    /// <summary>Part of the items in the test split; they have gold and no annotations.</summary>
    public double TestShare { get; init; } = 0.2;
}
