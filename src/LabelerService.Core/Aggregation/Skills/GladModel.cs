using LabelerService.Core.Annotations;

namespace LabelerService.Core.Aggregation.Skills;

/// <summary>Objective, gradient and curvature (minus the second derivative) at a point.</summary>
internal readonly record struct GladPoint(double Value, double Gradient, double Curvature);

/// <summary>
/// The parameters of GLAD and the parts of the objective that its M-step climbs. With x = α_r β_n and p the posterior of the class that was named,
/// an annotation contributes p ln σ(x) + (1 − p) ln σ(−x) = p x − max(x, 0) − ln(1 + e^−|x|), up to a constant.
/// </summary>
internal sealed class GladModel(AnnotationTable table, LabelerOrder order)
{
    /// <summary>Mean of the priors of abilities α and of log inverse difficulties ln β; their variance is 1.</summary>
    internal const double PriorMean = 1;

    // A factor 1 + e^−|x| is at most 2, so that products of this many do not overflow: one logarithm instead of hundreds.
    private const int FactorsOfOneLog = 512;

    /// <summary>Abilities α of the labelers [R]; below 0 for who is wrong more often than right.</summary>
    internal double[] Abilities { get; } = Filled(table.LabelerCount);

    /// <summary>Log inverse difficulties b = ln β of the items [N].</summary>
    internal double[] LogEase { get; } = Filled(table.ItemCount);

    /// <summary>Inverse difficulties β = e^b of the items [N].</summary>
    internal double[] Ease { get; } = [.. Enumerable.Repeat(Math.Exp(PriorMean), table.ItemCount)];

    /// <summary>Class distributions of the items, row-major [N, K].</summary>
    internal double[] Posteriors { get; } = new double[checked(table.ItemCount * table.ClassCount)];

    /// <summary>The part of the objective that depends on one labeler's ability.</summary>
    internal GladPoint OfAbility(int labeler, double ability)
    {
        var items = order.Items;
        var labels = order.Classes;
        var (start, end) = order.Range(labeler);
        var classes = table.ClassCount;
        var offset = ability - PriorMean;
        double value = -0.5 * offset * offset, gradient = -offset, curvature = 1, product = 1;
        for (var i = start; i < end; i++)
        {
            var ease = Ease[items[i]];
            var p = Posteriors[(items[i] * classes) + labels[i]];
            var x = ability * ease;
            var e = Math.Exp(-Math.Abs(x));
            var inverse = 1 / (1 + e);
            value += (p * x) - Math.Max(x, 0);
            product *= 1 + e;
            gradient += (p - (x > 0 ? inverse : e * inverse)) * ease;
            curvature += e * inverse * inverse * ease * ease;
            if ((i - start) % FactorsOfOneLog == FactorsOfOneLog - 1)
            {
                value -= Math.Log(product);
                product = 1;
            }
        }

        return new GladPoint(value - Math.Log(product), gradient, curvature);
    }

    /// <summary>
    /// The part of the objective that depends on one item's log inverse difficulty. Where the objective is not concave, the curvature is the
    /// expected one (Fisher information).
    /// </summary>
    internal GladPoint OfLogEase(int item, double logEase)
    {
        var labelers = table.Labelers;
        var labels = table.Classes;
        var (start, end) = table.RangeOfItem(item);
        var row = Posteriors.AsSpan(item * table.ClassCount, table.ClassCount);
        var ease = Math.Exp(logEase);
        var offset = logEase - PriorMean;
        double value = -0.5 * offset * offset, slope = 0, information = 0, product = 1;
        for (var i = start; i < end; i++)
        {
            var p = row[labels[i]];
            var x = Abilities[labelers[i]] * ease;
            var e = Math.Exp(-Math.Abs(x));
            var inverse = 1 / (1 + e);
            value += (p * x) - Math.Max(x, 0);
            product *= 1 + e;
            slope += (p - (x > 0 ? inverse : e * inverse)) * x;
            information += e * inverse * inverse * x * x;
            if ((i - start) % FactorsOfOneLog == FactorsOfOneLog - 1)
            {
                value -= Math.Log(product);
                product = 1;
            }
        }

        var curvature = information - slope + 1;
        return new GladPoint(value - Math.Log(product), slope - offset, curvature >= 1 ? curvature : information + 1);
    }

    /// <summary>
    /// E-step of an item: p(k|n) ∝ Π over annotations of σ(x) where k was named and (1 − σ(x))/(K − 1) where not, the classes being equally
    /// likely beforehand. So ln p(k|n) = Σ_{r: y_nr = k} (x + ln(K − 1)) up to a constant.
    /// </summary>
    /// <param name="item">Item n.</param>
    /// <param name="known">Its class, if known, else −1.</param>
    /// <returns>Log-likelihood of its annotations, in nats; of a known item, given its class.</returns>
    internal double Expect(int item, int known)
    {
        var labelers = table.Labelers;
        var labels = table.Classes;
        var classes = table.ClassCount;
        var (start, end) = table.RangeOfItem(item);
        var row = Posteriors.AsSpan(item * classes, classes);
        row.Clear();
        var logOthers = Math.Log(Math.Max(classes - 1, 1));
        double constant = 0, product = 1;
        for (var i = start; i < end; i++)
        {
            var x = Abilities[labelers[i]] * Ease[item];
            row[labels[i]] += x + logOthers;
            constant -= Math.Max(x, 0) + logOthers;
            product *= 1 + Math.Exp(-Math.Abs(x));
            if ((i - start) % FactorsOfOneLog == FactorsOfOneLog - 1)
            {
                constant -= Math.Log(product);
                product = 1;
            }
        }

        constant -= Math.Log(product);
        if (known >= 0)
        {
            var evidence = row[known];
            row.Clear();
            row[known] = 1;
            return constant + evidence;
        }

        return constant + ClassDistributions.SoftMax(row) - Math.Log(classes);
    }

    /// <summary>Log density of the priors up to a constant: −½ Σ (α − 1)² − ½ Σ (b − 1)².</summary>
    internal double LogPrior()
    {
        var sum = 0.0;
        foreach (var ability in Abilities)
        {
            sum -= 0.5 * (ability - PriorMean) * (ability - PriorMean);
        }

        foreach (var ease in LogEase)
        {
            sum -= 0.5 * (ease - PriorMean) * (ease - PriorMean);
        }

        return sum;
    }

    private static double[] Filled(int count)
    {
        var values = new double[count];
        values.AsSpan().Fill(PriorMean);
        return values;
    }
}
