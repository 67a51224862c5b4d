namespace LabelerService.Core.Labelers;

/// <summary>
/// Which of many p-values are discoveries, at an expected share of false ones: the step-up procedure of Benjamini and Hochberg (Controlling
/// the false discovery rate, JRSS B 57, 1995, §3.1). Where nothing is to be found the rate is the probability of any discovery.
/// </summary>
internal static class FalseDiscoveries
{
    /// <summary>The largest p-value that is a discovery; negative where there is none.</summary>
    /// <param name="pValues">The p-values that may be small enough, in any order.</param>
    /// <param name="tests">How many tests there were, those with p-values that are certainly too large included.</param>
    /// <param name="rate">Expected share of false discoveries.</param>
    public static double Threshold(IEnumerable<double> pValues, long tests, double rate)
    {
        double[] sorted = [.. pValues.Order()];
        for (var i = sorted.Length - 1; i >= 0; i--)
        {
            if (sorted[i] <= rate * (i + 1) / tests)
            {
                return sorted[i];
            }
        }

        return -1;
    }
}
