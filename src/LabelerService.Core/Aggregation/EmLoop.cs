using LabelerService.Core.Annotations;

namespace LabelerService.Core.Aggregation;

/// <summary>The M-step of labelers: confusions from class distributions of the items [N, K].</summary>
internal delegate LabelerConfusions ConfusionStep(ReadOnlySpan<double> posteriors);

/// <summary>What the loop itself needs to know.</summary>
internal sealed record EmOptions(int MaxIterations, double Tolerance, bool EstimateClassPrior, double ClassSmoothing);

/// <summary>The loop that all label-only EMs share; they differ in the M-step of the labelers.</summary>
internal static class EmLoop
{
    internal static AggregationResult Run(
        AnnotationTable table, ReadOnlySpan<double> itemPrior, EmOptions options, ConfusionStep estimate, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxIterations);
        ArgumentOutOfRangeException.ThrowIfNegative(options.ClassSmoothing);
        var posteriors = Start(table, itemPrior);
        var confusions = estimate(posteriors);
        var classPrior = ClassPrior(table, posteriors, options);
        var trace = new List<EmIteration>();
        var before = new double[posteriors.Length];
        var converged = false;
        while (!converged && trace.Count < options.MaxIterations)
        {
            cancellationToken.ThrowIfCancellationRequested();
            posteriors.CopyTo(before, 0);
            var logLikelihood = ConfusionEm.EStep(table, itemPrior.IsEmpty ? classPrior : itemPrior, confusions, posteriors);
            var logPosterior = logLikelihood + confusions.LogPrior;
            if (itemPrior.IsEmpty && options.EstimateClassPrior)
            {
                foreach (var p in classPrior)
                {
                    logPosterior += options.ClassSmoothing * ClassDistributions.Log(p);
                }
            }

            trace.Add(new EmIteration(logLikelihood, logPosterior));
            confusions = estimate(posteriors);
            classPrior = ClassPrior(table, posteriors, options);
            converged = MeanChange(before, posteriors, table.ItemCount) < options.Tolerance;
        }

        return new AggregationResult
        {
            ClassCount = table.ClassCount,
            Posteriors = posteriors,
            Confusions = confusions,
            ClassPrior = classPrior,
            Trace = trace,
            Converged = converged,
        };
    }

    private static double[] ClassPrior(AnnotationTable table, ReadOnlySpan<double> posteriors, EmOptions options)
    {
        if (options.EstimateClassPrior)
        {
            return ConfusionEm.ClassPrior(table, posteriors, options.ClassSmoothing);
        }

        var uniform = new double[table.ClassCount];
        uniform.AsSpan().Fill(1.0 / table.ClassCount);
        return uniform;
    }

    // Vote shares; with priors each prior counts as one more vote, which also places items without annotations.
    private static double[] Start(AnnotationTable table, ReadOnlySpan<double> itemPrior)
    {
        var start = MajorityVote.Posteriors(table, MajorityVote.ClassShares(table));
        if (itemPrior.IsEmpty)
        {
            return start;
        }

        var classes = table.ClassCount;
        ClassDistributions.CheckLength(itemPrior.Length, table.ItemCount, classes, nameof(itemPrior));
        for (var n = 0; n < table.ItemCount; n++)
        {
            var (first, end) = table.RangeOfItem(n);
            var votes = end - first;
            for (var k = n * classes; k < (n + 1) * classes; k++)
            {
                var prior = itemPrior[k] > ClassDistributions.Smallest ? itemPrior[k] : ClassDistributions.Smallest;
                start[k] = ((start[k] * votes) + prior) / (votes + 1);
            }
        }

        return start;
    }

    private static double MeanChange(ReadOnlySpan<double> before, ReadOnlySpan<double> after, int items)
    {
        var sum = 0.0;
        for (var i = 0; i < before.Length; i++)
        {
            sum += Math.Abs(after[i] - before[i]);
        }

        return items == 0 ? 0 : sum / items;
    }
}
