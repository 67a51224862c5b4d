using LabelerService.Core.Aggregation;

namespace LabelerService.Core.Labelers;

/// <summary>The logarithm of a long product, with few logarithms taken. Factors below <see cref="ClassDistributions.Smallest"/> count as that.</summary>
internal struct LogProduct
{
    private double _product = 1;
    private double _log;

    public LogProduct()
    {
    }

    /// <summary>Takes in a factor below 1e100.</summary>
    public void Multiply(double factor)
    {
        _product *= factor > ClassDistributions.Smallest ? factor : ClassDistributions.Smallest;
        if (_product is < 1e-200 or > 1e200)
        {
            _log += Math.Log(_product);
            _product = 1;
        }
    }

    /// <summary>The logarithm of the product.</summary>
    public readonly double Log() => _log + Math.Log(_product);
}
