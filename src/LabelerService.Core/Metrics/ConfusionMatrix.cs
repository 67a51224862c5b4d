namespace LabelerService.Core.Metrics;

/// <summary>How often each gold class was predicted as each class.</summary>
public sealed class ConfusionMatrix
{
    private readonly int[] _counts;

    internal ConfusionMatrix(int classCount, int[] counts)
    {
        ClassCount = classCount;
        _counts = counts;
    }

    /// <summary>Number of classes K.</summary>
    public int ClassCount { get; }

    /// <summary>Counts, row-major [K, K]: rows are gold classes, columns predicted ones.</summary>
    public ReadOnlySpan<int> Counts => _counts;

    /// <summary>Number of items of gold class <paramref name="gold"/> predicted as <paramref name="predicted"/>.</summary>
    public int this[int gold, int predicted] => _counts[(gold * ClassCount) + predicted];

    /// <summary>Share of a gold class's items that were predicted as it; NaN where the class has no item.</summary>
    public double Recall(int classIndex)
    {
        var total = 0;
        for (var k = 0; k < ClassCount; k++)
        {
            total += this[classIndex, k];
        }

        return total == 0 ? double.NaN : (double)this[classIndex, classIndex] / total;
    }

    /// <summary>Share of the items predicted as a class that are of it; NaN where nothing was predicted as the class.</summary>
    public double Precision(int classIndex)
    {
        var total = 0;
        for (var k = 0; k < ClassCount; k++)
        {
            total += this[k, classIndex];
        }

        return total == 0 ? double.NaN : (double)this[classIndex, classIndex] / total;
    }
}
