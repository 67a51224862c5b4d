using LabelerService.Core.Aggregation.Confusions;
using LabelerService.Core.Annotations;

namespace LabelerService.Core.Aggregation;

/// <summary>Settings of <see cref="ConfusionEm"/>.</summary>
public sealed record ConfusionEmOptions
{
    /// <summary>
    /// Dawid and Skene's own model: labelers stand alone, with a little smoothing. With more than <see cref="ConfusionOptions.MaxCells"/>
    /// cells it becomes one-coin.
    /// </summary>
    public static ConfusionEmOptions DawidSkene { get; } =
        new() { ClassSmoothing = 0.01, Confusions = new ConfusionOptions { Shrinkage = 0, Smoothing = 0.01 } };

    /// <summary>How confusions are estimated.</summary>
    public ConfusionOptions Confusions { get; init; } = new();

    /// <summary>Whether the class distribution is estimated; otherwise it is uniform. Without effect where items have priors.</summary>
    public bool EstimateClassPrior { get; init; } = true;

    /// <summary>
    /// Pseudo-items of each class when the class distribution is estimated (Jeffreys' prior has a half); above 0 no class dies out. Many make
    /// a class that is hardly there attract items of others: with 10, of 1,000 items of which 2 % are of the rarer class, 3 labels each, 90 % were
    /// right instead of 98 %.
    /// </summary>
    public double ClassSmoothing { get; init; } = 0.5;

    /// <summary>Most iterations.</summary>
    public int MaxIterations { get; init; } = 200;

    /// <summary>Stops when the mean over items of Σ_k |change of the posterior| falls below this.</summary>
    public double Tolerance { get; init; } = 1e-5;
}

/// <summary>
/// EM over the true class of items and the confusion of labelers (Dawid and Skene 1979), with confusions shrunk to a common one and,
/// if given, a prior for each item, such as a network's out-of-fold prediction (the E-step of Raykar et al. 2010 and of Mnih and Hinton
/// 2012). Cost is linear in annotations × classes, and nothing is random. The objective never falls where
/// <see cref="ConfusionOptions.Shrinkage"/> is 0; with shrinkage the common confusion is re-estimated in each M-step (empirical Bayes),
/// so it may fall a little.
/// </summary>
public static class ConfusionEm
{
    /// <summary>Runs EM to convergence from the vote shares.</summary>
    /// <param name="table">The annotations. Items without annotations end at their prior.</param>
    /// <param name="options">Settings; the defaults if null.</param>
    /// <param name="itemPrior">
    /// Prior class distributions, row-major [N, K], rows summing to one; empty: the class distribution for every item. The start then is
    /// (votes + prior) / (number of votes + 1).
    /// </param>
    /// <param name="cancellationToken">Checked once an iteration.</param>
    /// <exception cref="ArgumentException">The prior is not of length N·K, or an option is out of range.</exception>
    public static AggregationResult Fit(
        AnnotationTable table,
        ConfusionEmOptions? options = null,
        ReadOnlySpan<double> itemPrior = default,
        CancellationToken cancellationToken = default) =>
        Fit(table, options, new AggregationControl { Cancel = cancellationToken }, itemPrior);

    /// <inheritdoc cref="Fit(AnnotationTable, ConfusionEmOptions?, ReadOnlySpan{double}, CancellationToken)"/>
    /// <param name="table">The annotations. Items without annotations end at their prior.</param>
    /// <param name="options">Settings; the defaults if null.</param>
    /// <param name="control">Threads, progress and cancellation; the iterations are the options'.</param>
    /// <param name="itemPrior">Prior class distributions, row-major [N, K], or empty.</param>
    public static AggregationResult Fit(
        AnnotationTable table, ConfusionEmOptions? options, AggregationControl control, ReadOnlySpan<double> itemPrior = default)
    {
        options ??= new ConfusionEmOptions();
        double[]? priors = null;
        if (!itemPrior.IsEmpty)
        {
            ClassDistributions.CheckLength(itemPrior.Length, table.ItemCount, table.ClassCount, nameof(itemPrior));
            priors = itemPrior.ToArray();
            for (var i = 0; i < priors.Length; i++)
            {
                priors[i] = double.IsNaN(priors[i]) ? 0 : priors[i];
            }
        }

        return ConfusionFit.Run(
            table, LabelerStep.Create(table, options.Confusions), new ItemKnowledge(priors, default), previous: null, ConfusionFitOptions.Of(options),
            control);
    }

    /// <summary>Posterior of every item given priors and confusions: p(k|n) ∝ prior(k|n) Π_r Θ_r(y_nr | k).</summary>
    /// <param name="table">The annotations.</param>
    /// <param name="prior">One class distribution for all items [K], or one for each, row-major [N, K]; zeros and NaN are floored.</param>
    /// <param name="confusions">How labelers answer.</param>
    /// <param name="posteriors">Receives the posteriors, row-major [N, K].</param>
    /// <returns>Log-likelihood of the annotations, Σ_n ln Σ_k prior(k|n) Π_r Θ_r(y_nr | k), in nats.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static double EStep(AnnotationTable table, ReadOnlySpan<double> prior, LabelerConfusions confusions, Span<double> posteriors)
    {
        var classes = table.ClassCount;
        ClassDistributions.CheckLength(posteriors.Length, table.ItemCount, classes, nameof(posteriors));
        var shared = prior.Length == classes;
        if (!shared)
        {
            ClassDistributions.CheckLength(prior.Length, table.ItemCount, classes, nameof(prior));
        }

        var sum = 0.0;
        for (var n = 0; n < table.ItemCount; n++)
        {
            var row = posteriors.Slice(n * classes, classes);
            var of = shared ? prior : prior.Slice(n * classes, classes);
            for (var k = 0; k < classes; k++)
            {
                row[k] = ClassDistributions.Log(of[k]);
            }

            confusions.AddLogLikelihood(table, n, row);
            var (start, end) = table.RangeOfItem(n);
            var evidence = ClassDistributions.SoftMax(row);
            sum += start == end ? 0 : evidence;
        }

        return sum;
    }

    /// <inheritdoc cref="LabelerConfusions.Estimate"/>
    public static LabelerConfusions MStep(AnnotationTable table, ReadOnlySpan<double> posteriors, ConfusionOptions? options = null) =>
        LabelerConfusions.Estimate(table, posteriors, options);

    /// <summary>Distribution of the classes over the items that have annotations [K], with pseudo-items; uniform where there is nothing.</summary>
    /// <param name="table">The annotations.</param>
    /// <param name="posteriors">Class distributions of the items, row-major [N, K].</param>
    /// <param name="smoothing">Pseudo-items of each class.</param>
    public static double[] ClassPrior(AnnotationTable table, ReadOnlySpan<double> posteriors, double smoothing = 0) =>
        ClassPrior(table, posteriors, smoothing, gold: default);

    /// <inheritdoc cref="ClassPrior(AnnotationTable, ReadOnlySpan{double}, double)"/>
    /// <param name="table">The annotations.</param>
    /// <param name="posteriors">Class distributions of the items, row-major [N, K].</param>
    /// <param name="smoothing">Pseudo-items of each class.</param>
    /// <param name="gold">Known classes [N], −1 = unknown; empty = none. Known items count without annotations, too.</param>
    internal static double[] ClassPrior(AnnotationTable table, ReadOnlySpan<double> posteriors, double smoothing, ReadOnlySpan<int> gold)
    {
        var classes = table.ClassCount;
        var prior = new double[classes];
        prior.AsSpan().Fill(smoothing);
        var total = smoothing * classes;
        for (var n = 0; n < table.ItemCount; n++)
        {
            // Without annotations a posterior is the prior: it would only hold the estimate back.
            var (start, end) = table.RangeOfItem(n);
            var counts = start < end || (!gold.IsEmpty && gold[n] >= 0);
            for (var k = 0; k < classes && counts; k++)
            {
                prior[k] += posteriors[(n * classes) + k];
                total += posteriors[(n * classes) + k];
            }
        }

        for (var k = 0; k < classes; k++)
        {
            prior[k] = total > 0 ? prior[k] / total : 1.0 / classes;
        }

        return prior;
    }
}
