using LabelerService.Core.Models;

namespace LabelerService.Learning;

/// <summary>What a training run gives: the file that is served and all that is known of it.</summary>
public sealed class TrainedModel
{
    /// <summary>The serving graph, as <see cref="ServingGraph"/> describes it; it has passed the parity check.</summary>
    public required byte[] Onnx { get; init; }

    /// <summary>
    /// Values of backbone and heads, for others to start from (<see cref="WarmStartWeights"/>); null where the algorithm has none such.
    /// </summary>
    public byte[]? Weights { get; init; }

    /// <summary>Settings, lineage, heads and metrics.</summary>
    public required ModelManifest Manifest { get; init; }

    /// <summary>Snapshot indexes of the items whose annotations were trained on, ascending.</summary>
    public IReadOnlyList<int> TrainingItems { get; init; } = [];

    /// <summary>
    /// What the features of each of <see cref="TrainingItems"/> say, by classifiers that did not see it: class distributions [n, K],
    /// row-major. They may vote beside the item's own annotations, which they have not learnt. Empty where the algorithm has none.
    /// </summary>
    /// <remarks>
    /// As sharp as EM used them in its last round, and not calibrated: with these as priors EM does what training did.
    /// </remarks>
    public IReadOnlyList<float> OutOfFold { get; init; } = [];

    /// <summary>
    /// Snapshot indexes of the training items with an opinion on each, from its annotations and everything learnt; empty where the
    /// algorithm has none beyond its predictions.
    /// </summary>
    public IReadOnlyList<int> ConsensusItems { get; init; } = [];

    /// <summary>That opinion: class distributions, row-major, in the order of <see cref="ConsensusItems"/>.</summary>
    public IReadOnlyList<float> Consensus { get; init; } = [];
}
