using LabelerService.Core.Training;

namespace LabelerService.Core.Encodings;

/// <summary>Items of a fixed length as the rows of features that they are. Owns nothing.</summary>
/// <param name="rows">Features [N, D].</param>
/// <param name="count">N.</param>
/// <param name="length">D.</param>
public sealed class RawRows(FeatureMatrix rows, int count, int length) : RawItems
{
    /// <inheritdoc/>
    public override int Count => count;

    /// <inheritdoc/>
    public override RawItem this[int index]
    {
        get
        {
            var values = new float[length];
            rows.CopyRow(index, values);
            return new RawItem(values);
        }
    }
}
