using LabelerService.Core.Models;

namespace LabelerService.Learning;

/// <summary>What a training run gives: the file that is served and all that is known of it.</summary>
public sealed class TrainedModel
{
    /// <summary>The serving graph, as <see cref="ServingGraph"/> describes it; it has passed the parity check.</summary>
    public required byte[] Onnx { get; init; }

    /// <summary>Settings, lineage, heads and metrics.</summary>
    public required ModelManifest Manifest { get; init; }
}
