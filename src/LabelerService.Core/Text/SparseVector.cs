namespace LabelerService.Core.Text;

/// <summary>A vector of which few entries are not zero.</summary>
/// <param name="Indexes">Positions of these entries, each once.</param>
/// <param name="Values">Their values, in the same order.</param>
internal readonly record struct SparseVector(int[] Indexes, float[] Values)
{
    /// <summary>Squared length.</summary>
    public double SquaredLength()
    {
        var sum = 0.0;
        foreach (var value in Values)
        {
            sum += (double)value * value;
        }

        return sum;
    }
}
