namespace LabelerService.Core.Labelers;

/// <summary>
/// Which of many p-values are discoveries, at an expected share of false ones: the step-up procedure of Benjamini and Hochberg (Controlling
/// the false discovery rate, JRSS B 57, 1995, §3.1), with (i − ½)/m in place of i/m. Where nothing is to be found the rate bounds the probability
/// of any discovery. The half costs nothing where there are several discoveries; a first one alone must be twice as clear, because the null
/// hypothesis is itself estimated from the crowd.
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
            if (sorted[i] <= rate * (i + 0.5) / tests)
            {
                return sorted[i];
            }
        }

        return -1;
    }
}
