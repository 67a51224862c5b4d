using LabelerService.Core.Aggregation;

namespace LabelerService.Core.Labelers;

/// <summary>Labelers of any skill whose errors are those of the crowd: the common confusion with its log-odds of being right moved.</summary>
internal static class CommonErrors
{
    private const double Edge = 0.02;

    /// <summary>Θ(y | k) of such a labeler, label-major [y, k].</summary>
    /// <param name="confusions">Whose common labeler says which errors are made.</param>
    /// <param name="skill">
    /// s in [−1/(K−1), 1]: the mean over classes of the probability of being right is (1 + (K−1)·s)/K, so 0 is guessing.
    /// </param>
    public static double[] OfSkill(LabelerConfusions confusions, double skill)
    {
        var classes = confusions.ClassCount;
        var right = (1 + ((classes - 1) * skill)) / classes;
        var odds = new double[classes];
        for (var k = 0; k < classes; k++)
        {
            var p = Math.Clamp(confusions.Probability(-1, k, k), Edge, 1 - Edge);
            odds[k] = Math.Log(p / (1 - p));
        }

        // The mean rises with the shift.
        double low = -60, high = 60;
        for (var step = 0; step < 60; step++)
        {
            var middle = (low + high) / 2;
            (low, high) = Mean(odds, middle) < right ? (middle, high) : (low, middle);
        }

        var matrix = new double[classes * classes];
        for (var k = 0; k < classes; k++)
        {
            var errors = 0.0;
            for (var y = 0; y < classes; y++)
            {
                errors += y == k ? 0 : confusions.Probability(-1, k, y);
            }

            var diagonal = classes == 1 ? 1 : Logistic(odds[k] + low);
            for (var y = 0; y < classes; y++)
            {
                matrix[(y * classes) + k] = y == k ? diagonal : (1 - diagonal) * confusions.Probability(-1, k, y) / errors;
            }
        }

        return matrix;
    }

    /// <summary>Θ(y | k) of a labeler with even errors, label-major [y, k].</summary>
    public static double[] Even(int classes, double right)
    {
        var matrix = new double[classes * classes];
        Array.Fill(matrix, classes == 1 ? 1 : (1 - right) / (classes - 1));
        for (var k = 0; k < classes && classes > 1; k++)
        {
            matrix[k * (classes + 1)] = right;
        }

        return matrix;
    }

    private static double Mean(double[] odds, double shift)
    {
        var sum = 0.0;
        foreach (var value in odds)
        {
            sum += Logistic(value + shift);
        }

        return sum / odds.Length;
    }

    private static double Logistic(double x) => 1 / (1 + Math.Exp(-x));
}
