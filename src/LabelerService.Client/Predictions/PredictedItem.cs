using System.Runtime.InteropServices;
using LabelerService.Contracts.V1;

namespace LabelerService.Client;

/// <summary>What a model says of one item.</summary>
/// <param name="Class">Name of the class with the highest probability.</param>
/// <param name="ClassIndex">Its index, from 0.</param>
/// <param name="Probabilities">The distribution over the classes, in class order; sums to 1.</param>
/// <param name="Entropy">Its entropy, in nats.</param>
/// <param name="Disagreement">Part of the entropy that comes from the heads' disagreement, in nats; null where the distilled head answered.</param>
public sealed record PredictedItem(string Class, int ClassIndex, ReadOnlyMemory<float> Probabilities, float Entropy, float? Disagreement)
{
    /// <summary>The predictions of a batch, one an item, in the order of the items.</summary>
    /// <param name="batch">What the service answered, column by column.</param>
    /// <returns>The same row by row.</returns>
    public static IReadOnlyList<PredictedItem> Of(PredictionBatch batch)
    {
        var classes = batch.Classes.Count;
        var probabilities = MemoryMarshal.Cast<byte, float>(batch.Probabilities.Data.Span).ToArray();
        return
        [
            .. batch.PredictedClassIndexes.Select((index, row) => new PredictedItem(
                batch.Classes[index], index, probabilities.AsMemory(row * classes, classes), batch.Entropies[row],
                batch.Disagreements.Count > 0 ? batch.Disagreements[row] : null)),
        ];
    }
}
