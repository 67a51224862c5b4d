using LabelerService.Contracts.V1;
using DomainSplit = LabelerService.Core.Datasets.Split;

namespace LabelerService.Server.Inference.Evaluation;

/// <summary>What to measure, and on what.</summary>
/// <param name="Split">Split to measure on.</param>
/// <param name="Basis">Gold or labelers, never UNSPECIFIED.</param>
/// <param name="Replicas">Bootstrap replicas; null chooses by the number of items.</param>
internal record EvaluationPlan(DomainSplit Split, EvaluationBasis Basis, int? Replicas)
{
    private const int DefaultReplicas = 1_000;
    private const int FewestReplicas = 100;

    // Draws of one interval: 1,000 replicas of 100,000 items. Larger splits get fewer, and need fewer.
    private const long DefaultDraws = 100_000_000;

    /// <summary>Level of the intervals of differences.</summary>
    public double Level { get; init; } = 0.95;

    /// <summary>Name of the split in metrics.</summary>
    public string SplitName => Split switch
    {
        DomainSplit.Train => "train",
        DomainSplit.Validation => "validation",
        _ => "test",
    };

    /// <summary>Bootstrap replicas for this many items.</summary>
    public int ReplicasFor(int items) => Replicas ?? (int)Math.Clamp(DefaultDraws / Math.Max(1, items), FewestReplicas, DefaultReplicas);

    /// <summary>What to know before trusting the numbers.</summary>
    public IEnumerable<string> Warnings() => Basis == EvaluationBasis.Labelers && Split == DomainSplit.Train
        ? ["training saw the annotations of the train split: the numbers flatter whatever fits closest, and may put the worse model first; measure on test"]
        : [];
}

/// <summary>A plan for one model.</summary>
/// <param name="Split">Split to measure on.</param>
/// <param name="Basis">Gold or labelers, never UNSPECIFIED.</param>
/// <param name="Replicas">Bootstrap replicas; null chooses by the number of items.</param>
/// <param name="Positive">Which classes are positive [K]; null where none are.</param>
/// <param name="Sensitivity">Sensitivity at which specificity is measured, in (0, 1).</param>
internal sealed record ModelEvaluationPlan(DomainSplit Split, EvaluationBasis Basis, int? Replicas, bool[]? Positive, double Sensitivity)
    : EvaluationPlan(Split, Basis, Replicas);
