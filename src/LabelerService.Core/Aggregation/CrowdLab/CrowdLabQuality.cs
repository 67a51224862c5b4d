using LabelerService.Core.Annotations;

namespace LabelerService.Core.Aggregation.CrowdLab;

/// <summary>The quality scores of CROWDLAB (Goh, Tkachenko, Mueller 2022, sections 3.1 to 3.3), all in [0, 1].</summary>
public static class CrowdLabQuality
{
    /// <summary>How likely each item's consensus class is right [N]: the largest entry of its distribution.</summary>
    /// <param name="posteriors">Consensus, row-major [N, K].</param>
    /// <param name="classCount">Number of classes K.</param>
    public static double[] OfItems(ReadOnlySpan<double> posteriors, int classCount)
    {
        var qualities = new double[posteriors.Length / classCount];
        for (var n = 0; n < qualities.Length; n++)
        {
            var row = posteriors.Slice(n * classCount, classCount);
            qualities[n] = row[ClassDistributions.Top(row)];
        }

        return qualities;
    }

    /// <summary>
    /// How likely each annotation is right, aligned with the table's positions: the probability the consensus gives to the class that was named
    /// (self-confidence).
    /// </summary>
    /// <param name="table">The annotations.</param>
    /// <param name="posteriors">Consensus, row-major [N, K].</param>
    /// <exception cref="ArgumentException">The consensus is not of length N·K.</exception>
    public static double[] OfAnnotations(AnnotationTable table, ReadOnlySpan<double> posteriors)
    {
        ClassDistributions.CheckLength(posteriors.Length, table.ItemCount, table.ClassCount, nameof(posteriors));
        var qualities = new double[table.Count];
        for (var i = 0; i < qualities.Length; i++)
        {
            qualities[i] = posteriors[(table.Items[i] * table.ClassCount) + table.Classes[i]];
        }

        return qualities;
    }

    /// <summary>
    /// How good the annotations of each labeler are [R]: a_j = w Q_j + (1 − w) A_j, with Q_j the mean quality of j's annotations, A_j how often j
    /// names the consensus class on items that others annotated too, and w = w_M/(w_M + mean annotations of an item × mean w_j).
    /// Who shares no item has Q_j for A_j; who has no annotations, the mean of the others.
    /// </summary>
    /// <param name="table">The annotations.</param>
    /// <param name="fit">Consensus and weights.</param>
    public static double[] OfLabelers(AnnotationTable table, CrowdLabFit fit)
    {
        var labelers = table.LabelerCount;
        var quality = new double[labelers];
        var agreed = new double[labelers];
        var shared = new int[labelers];
        var annotations = OfAnnotations(table, fit.Posteriors);
        var tops = ClassDistributions.Tops(fit.Posteriors, table.ClassCount);
        var annotated = 0;
        for (var n = 0; n < table.ItemCount; n++)
        {
            var (start, end) = table.RangeOfItem(n);
            annotated += start < end ? 1 : 0;
            for (var i = start; i < end; i++)
            {
                var labeler = table.Labelers[i];
                quality[labeler] += annotations[i];
                shared[labeler] += end - start > 1 ? 1 : 0;
                agreed[labeler] += end - start > 1 && table.Classes[i] == tops[n] ? 1 : 0;
            }
        }

        var weight = 0.0;
        foreach (var own in fit.LabelerWeights)
        {
            weight += own;
        }

        var labelerWeight = labelers == 0 || annotated == 0 ? 0 : weight / labelers * table.Count / annotated;
        var model = fit.ModelWeight > 0 ? fit.ModelWeight / (fit.ModelWeight + labelerWeight) : 0;
        for (var r = 0; r < labelers; r++)
        {
            var count = table.CountOfLabeler(r);
            var mean = count == 0 ? 1.0 / table.ClassCount : quality[r] / count;
            var agreement = shared[r] == 0 ? mean : agreed[r] / shared[r];
            quality[r] = Math.Clamp((model * mean) + ((1 - model) * agreement), 0, 1);
        }

        UnseenLabelers.Fill(table, quality);
        return quality;
    }
}
