namespace LabelerService.Benchmarks.Next;

/// <summary>Compares curves of accuracy against labels.</summary>
internal static class StudyCurves
{
    /// <summary>
    /// Labels at which a curve reaches a level for good or for the first time, linear between points; infinite where it never does.
    /// </summary>
    public static double LabelsTo(IReadOnlyList<StudyPoint> curve, double level, Func<StudyPoint, double> value)
    {
        for (var i = 0; i < curve.Count; i++)
        {
            if (value(curve[i]) < level)
            {
                continue;
            }

            if (i == 0)
            {
                return curve[0].Labels;
            }

            var (before, after) = (value(curve[i - 1]), value(curve[i]));
            return curve[i - 1].Labels + ((curve[i].Labels - curve[i - 1].Labels) * (level - before) / (after - before));
        }

        return double.PositiveInfinity;
    }

    /// <summary>Half the width of the 95 % interval of a mean, by Student's t.</summary>
    public static double HalfWidth(IReadOnlyCollection<double> values)
    {
        double[] quantiles = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];
        return values.Count < 2
            ? double.NaN
            : quantiles[Math.Min(values.Count - 2, quantiles.Length - 1)] * Reporting.Statistics.StandardDeviation(values) / Math.Sqrt(values.Count);
    }
}
