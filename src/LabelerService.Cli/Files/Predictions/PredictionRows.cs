using System.Runtime.InteropServices;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Files.Predictions;

/// <summary>A batch of predictions, ready to be written: keys beside what the model says.</summary>
/// <param name="Items">Keys of the items.</param>
/// <param name="Batch">What the model says of them.</param>
internal sealed record PredictionRows(IReadOnlyList<string> Items, PredictionBatch Batch)
{
    /// <summary>Number of classes K.</summary>
    public int Classes => Batch.Classes.Count;

    /// <summary>Number of labelers R; 0 if they were not asked for.</summary>
    public int Labelers => Batch.LabelerIds.Count;

    /// <summary>Whether the heads' disagreement is known; it is not where the distilled head answered.</summary>
    public bool HasDisagreements => Batch.Disagreements.Count > 0;

    /// <summary>The distributions of the ensemble (or the distilled head), row-major [N, K].</summary>
    public ReadOnlySpan<float> Probabilities => Floats(Batch.Probabilities);

    /// <summary>Weights of the heads, row-major [N, R].</summary>
    public ReadOnlySpan<float> LabelerWeights => Floats(Batch.LabelerWeights);

    /// <summary>Index of the class that a labeler's head finds likeliest for an item.</summary>
    public int LabelerClass(int item, int labeler)
    {
        var distribution = Floats(Batch.LabelerProbabilities).Slice(((item * Labelers) + labeler) * Classes, Classes);
        var best = 0;
        for (var k = 1; k < distribution.Length; k++)
        {
            best = distribution[k] > distribution[best] ? k : best;
        }

        return best;
    }

    private static ReadOnlySpan<float> Floats(Tensor? tensor) =>
        tensor is null ? default : MemoryMarshal.Cast<byte, float>(tensor.Data.Span);
}
