namespace LabelerService.Core.Items;

/// <summary>An annotation that is likely to be wrong.</summary>
/// <param name="Position">Its position in the table.</param>
/// <param name="Item">The item.</param>
/// <param name="Labeler">Who said it.</param>
/// <param name="GivenClass">What was said.</param>
/// <param name="LikelyClass">What the item is likelier to be.</param>
/// <param name="LikelyProbability">Probability of that class by all evidence but this annotation: its factor is divided out of the posterior.</param>
/// <param name="ProbabilityWrong">Probability that the annotation is wrong, in [0, 1].</param>
/// <param name="Reasons">Why, for people, the weightiest first.</param>
public sealed record SuspectedAnnotation(
    int Position,
    int Item,
    int Labeler,
    int GivenClass,
    int LikelyClass,
    double LikelyProbability,
    double ProbabilityWrong,
    IReadOnlyList<string> Reasons);

/// <summary>Which annotations are looked at, and how reasons are worded.</summary>
public sealed record SuspectOptions
{
    /// <summary>Only annotations that are wrong with at least this probability.</summary>
    public double MinProbabilityWrong { get; init; } = 0.5;

    /// <summary>Only annotations of this labeler; null for all.</summary>
    public int? Labeler { get; init; }

    /// <summary>What <see cref="CalibratedPosteriors.Of"/> gave for the same input and consensus; null: worked out anew.</summary>
    public CalibratedPosteriors? Calibrated { get; init; }

    /// <summary>Names of the classes [K] in reasons; null: class 0, class 1, ….</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>Threads at most; 0: all processors. Changes no bit of the result.</summary>
    public int Threads { get; init; }
}
