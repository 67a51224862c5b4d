using System.Runtime.InteropServices;
using LabelerService.Core.Encodings;
using static TorchSharp.torch;

namespace LabelerService.Learning.Unsupervised;

/// <summary>
/// Several looks at the same items: the first at all of a sequence, the others at its middle with more or less of what is around it. Outputs are averaged
/// over an item's views before the objective sees them, so what depends on where a sequence happens to begin or end (its first or last symbol,
/// the phase of a tone) blurs, and what is true of all of it stays. Vectors have the same values in every view; there it is dropout that
/// differs.
/// </summary>
internal static class ItemViews
{
    /// <summary>Most of a sequence that is left out at either end.</summary>
    private const double Margin = 0.3;

    /// <summary>How many views make a difference.</summary>
    /// <param name="encoding">What a row is.</param>
    /// <param name="wanted">How many are asked for.</param>
    /// <param name="dropout">Probability that a hidden unit is dropped.</param>
    public static int Count(ItemEncoding encoding, int wanted, double dropout) =>
        encoding.Kind == ItemEncodingKind.Sequence || dropout > 0 ? wanted : 1;

    /// <summary>Rows of all views, view by view [V · N, D].</summary>
    /// <param name="rows">Rows of the items [N, D], float32.</param>
    /// <param name="encoding">What a row is.</param>
    /// <param name="views">Number of views V.</param>
    /// <param name="random">Draws where sequences are cut off.</param>
    public static Tensor Of(Tensor rows, ItemEncoding encoding, int views, Random random)
    {
        if (views == 1)
        {
            return rows;
        }

        var result = rows.repeat(views, 1);
        if (encoding.Kind == ItemEncodingKind.Sequence)
        {
            var length = (int)rows.shape[1];
            var values = MemoryMarshal.Cast<byte, float>(result.bytes);
            for (var start = (int)rows.shape[0] * length; start < values.Length; start += length)
            {
                Cut(values.Slice(start, length), encoding, random);
            }
        }

        return result;
    }

    // Leaves the steps [from, to) of a row [T', x_1, …, x_T', zeros].
    private static void Cut(Span<float> row, ItemEncoding encoding, Random random)
    {
        var steps = (int)Math.Clamp(row[0], 0, encoding.MaxSteps);
        var from = (int)(Margin * random.NextDouble() * steps);
        var to = steps - (int)(Margin * random.NextDouble() * steps);
        var kept = (to - from) * encoding.StepLength;
        row.Slice(1 + (from * encoding.StepLength), kept).CopyTo(row[1..]);
        row[(1 + kept)..].Clear();
        row[0] = to - from;
    }
}
