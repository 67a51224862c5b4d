using LabelerService.Core.Aggregation;
using LabelerService.Core.Items;

namespace LabelerService.Core.Acquisition;

/// <summary>A labeler who may be asked.</summary>
/// <param name="Labeler">Index; one outside the table is somebody new, and taken to answer like the common labeler.</param>
public readonly record struct AvailableLabeler(int Labeler)
{
    /// <summary>Cost of one annotation, above 0, in any unit.</summary>
    public double Cost { get; init; } = 1;

    /// <summary>Most annotations in this batch.</summary>
    public int MaxAnnotations { get; init; } = int.MaxValue;
}

/// <summary>What is known, and who can be asked about what.</summary>
/// <param name="Data">The annotations, known classes (items whose class is known are not asked about), and a model's distributions.</param>
/// <param name="Consensus">What an aggregation made of them.</param>
public sealed record NextInput(AggregationInput Data, Consensus Consensus)
{
    /// <summary>
    /// Class distributions and confusions to decide by, from <see cref="CalibratedPosteriors.Of"/> for the same data; null: worked out anew.
    /// The consensus' own are surer than they should be, and take for an expert whoever works alone.
    /// </summary>
    public CalibratedPosteriors? Calibrated { get; init; }

    /// <summary>Items that may be asked about; null: all.</summary>
    public IReadOnlyList<int>? Candidates { get; init; }

    /// <summary>Who may be asked; null: anybody, and nobody in particular is suggested.</summary>
    public IReadOnlyList<AvailableLabeler>? Labelers { get; init; }
}

/// <summary>By what items are chosen.</summary>
public enum NextPolicy
{
    /// <summary>What an answer is expected to tell of the class, for its cost (<see cref="InformationGain"/>).</summary>
    ExpectedInformationGain,

    /// <summary>How sure labelers and model are together, with the number of annotations in view (<see cref="ActiveLabScores"/>).</summary>
    ActiveLab,

    /// <summary>Least sure consensus first.</summary>
    Uncertainty,
}

/// <summary>Settings of <see cref="NextAnnotations"/>.</summary>
public sealed record NextOptions
{
    /// <summary>Number of annotations wanted.</summary>
    public int Count { get; init; } = 100;

    /// <summary>By what items are chosen. The labeler always is the one who tells most of the item for the cost.</summary>
    public NextPolicy Policy { get; init; }

    /// <summary>Most annotations of one item in this batch.</summary>
    public int MaxPerItem { get; init; } = 1;

    /// <summary>Most annotations of one labeler in this batch, beside the labeler's own limit.</summary>
    public int MaxPerLabeler { get; init; } = int.MaxValue;

    /// <summary>Items whose consensus is wrong with a smaller probability are done, in [0, 1); 0: none is.</summary>
    public double DoneProbabilityWrong { get; init; }

    /// <summary>Items with this many annotations are done, however unsure.</summary>
    public int MaxAnnotationsPerItem { get; init; } = int.MaxValue;

    /// <summary>Most different kinds of labelers that every item is tried with; more labelers than that are grouped by what they know.</summary>
    public int MaxProfiles { get; init; } = 64;

    /// <summary>Decides who comes first among items that are worth the same, such as all those that nothing is known of.</summary>
    public int Seed { get; init; }

    /// <summary>Names of the classes [K] in reasons; null: class 0, class 1, ….</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>Threads at most; 0: all processors. Changes no bit of the result.</summary>
    public int Threads { get; init; }
}

/// <summary>An annotation worth having.</summary>
/// <param name="Item">The item.</param>
/// <param name="Labeler">Whom to ask; null: anybody.</param>
/// <param name="Score">What the list is ordered by: nats for the cost, or the policy's own score; higher comes first.</param>
/// <param name="ExpectedInformationGain">What the answer is expected to tell of the class, in nats, those asked for before it in view.</param>
/// <param name="ProbabilityWrong">Probability that the consensus is wrong as it stands.</param>
/// <param name="Reason">Why, for people.</param>
public sealed record NextAnnotation(
    int Item, int? Labeler, double Score, double ExpectedInformationGain, double ProbabilityWrong, string Reason);

/// <summary>What to ask for next.</summary>
public sealed record NextBatch
{
    /// <summary>The annotations, the best first; fewer than wanted where no more are worth it or possible.</summary>
    public required IReadOnlyList<NextAnnotation> Annotations { get; init; }

    /// <summary>Items that were looked at.</summary>
    public required int CandidateItems { get; init; }

    /// <summary>Of these, those that need no more: known, sure enough, or with annotations enough.</summary>
    public required int DoneItems { get; init; }

    /// <summary>Why there are fewer than wanted, where that is so.</summary>
    public IReadOnlyList<AggregationWarning> Warnings { get; init; } = [];
}
