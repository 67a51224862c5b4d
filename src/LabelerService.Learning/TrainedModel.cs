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

    /// <summary>
    /// Snapshot indexes of the training items with an opinion on each, from its annotations and everything learnt; empty where the
    /// algorithm has none beyond its predictions.
    /// </summary>
    public IReadOnlyList<int> ConsensusItems { get; init; } = [];

    /// <summary>That opinion: class distributions, row-major, in the order of <see cref="ConsensusItems"/>.</summary>
    public IReadOnlyList<float> Consensus { get; init; } = [];
}
