using LabelerService.Core.Annotations;

namespace LabelerService.Core.Aggregation.Confusions;

/// <summary>When the E-step is hard.</summary>
internal enum AssignmentPlan
{
    /// <summary>Never: EM.</summary>
    Soft,

    /// <summary>From the first iteration: fast Dawid–Skene.</summary>
    Hard,

    /// <summary>Once soft iterations change little: the hybrid.</summary>
    SoftThenHard,
}

/// <summary>What the loop itself needs to know.</summary>
/// <param name="MaxIterations">Most iterations, at least 1.</param>
/// <param name="Tolerance">Ends when the mean over items of Σ_k |change of the posterior| falls below this.</param>
/// <param name="EstimateClassPrior">Whether the class distribution is estimated; otherwise it is uniform.</param>
/// <param name="ClassSmoothing">Pseudo-items of each class when it is estimated.</param>
internal sealed record ConfusionFitOptions(int MaxIterations, double Tolerance, bool EstimateClassPrior, double ClassSmoothing)
{
    /// <summary>When the E-step is hard.</summary>
    public AssignmentPlan Plan { get; init; } = AssignmentPlan.Soft;

    /// <summary>The change below which <see cref="AssignmentPlan.SoftThenHard"/> turns hard.</summary>
    public double HardBelow { get; init; } = 0.005;

    public static ConfusionFitOptions Of(ConfusionEmOptions options) =>
        new(options.MaxIterations, options.Tolerance, options.EstimateClassPrior, options.ClassSmoothing);
}

/// <summary>
/// The loop of EM over classes and labelers. In memory: the annotations in two orders (8 bytes each), the posteriors once, the parameters
/// once. Steps run over fixed blocks, so results are the same bits for any number of threads.
/// </summary>
internal sealed class ConfusionFit
{
    private readonly AnnotationTable _table;
    private readonly LabelerStep _labelers;
    private readonly ItemKnowledge _knowledge;
    private readonly ConfusionFitOptions _options;
    private readonly AggregationControl _control;
    private readonly ItemStep _items;

    private ConfusionFit(
        AnnotationTable table, LabelerStep labelers, ItemKnowledge knowledge, ConfusionFitOptions options, AggregationControl control)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxIterations);
        ArgumentOutOfRangeException.ThrowIfNegative(options.ClassSmoothing);
        (_table, _labelers, _knowledge, _options, _control) = (table, labelers, knowledge, options, control);
        _items = new ItemStep(table, knowledge);
    }

    /// <summary>Runs EM to convergence.</summary>
    /// <param name="table">The annotations.</param>
    /// <param name="labelers">What is assumed of labelers; used up by this.</param>
    /// <param name="knowledge">Priors and known classes of items.</param>
    /// <param name="previous">Where to start; null: the vote shares.</param>
    /// <param name="options">Iterations, tolerance, class distribution.</param>
    /// <param name="control">Threads, progress, cancellation.</param>
    public static AggregationResult Run(
        AnnotationTable table, LabelerStep labelers, ItemKnowledge knowledge, Consensus? previous, ConfusionFitOptions options,
        AggregationControl control) => new ConfusionFit(table, labelers, knowledge, options, control).Run(previous);

    private AggregationResult Run(Consensus? previous)
    {
        var posteriors = Start(previous);
        double[] classPrior;
        if (previous?.Confusions is { } confusions)
        {
            _labelers.StartFrom(confusions);
            classPrior = _options.EstimateClassPrior ? previous.ClassPrior : ClassPrior(posteriors);
        }
        else
        {
            classPrior = Maximise(posteriors);
        }

        var trace = new List<EmIteration>();
        // What a previous fit found does what the soft iterations are for.
        var assignment = _options.Plan == AssignmentPlan.Hard || (_options.Plan == AssignmentPlan.SoftThenHard && previous?.Confusions is not null)
            ? Assignment.Hard
            : Assignment.Soft;
        var converged = false;
        while (!converged && trace.Count < _options.MaxIterations)
        {
            _control.Cancel.ThrowIfCancellationRequested();
            var logPrior = LogPrior(classPrior);
            var (logLikelihood, change) = _items.Run(classPrior, _labelers, assignment, posteriors, _control);
            trace.Add(new EmIteration(logLikelihood, logLikelihood + logPrior));
            classPrior = Maximise(posteriors);
            converged = change < _options.Tolerance;
            if (_options.Plan == AssignmentPlan.SoftThenHard && assignment == Assignment.Soft && change < _options.HardBelow)
            {
                (assignment, converged) = (Assignment.Hard, false);
            }

            _control.Progress?.Report(new AggregationProgress(trace.Count, _options.MaxIterations, change));
        }

        if (_options.Plan != AssignmentPlan.Soft)
        {
            // Distributions, not certainties, for the reader: one soft step with what the hard ones led to.
            _items.Run(classPrior, _labelers, Assignment.Soft, posteriors, _control);
        }

        return new AggregationResult
        {
            ClassCount = _table.ClassCount,
            Posteriors = posteriors[..(_table.ItemCount * _table.ClassCount)],
            Confusions = _labelers.Build(_items.CommonCounts(posteriors, _control)),
            ClassPrior = classPrior,
            Trace = trace,
            Converged = converged,
        };
    }

    private double[] Maximise(double[] posteriors)
    {
        _labelers.Estimate(posteriors, _labelers.NeedsCommon ? _items.CommonCounts(posteriors, _control) : null, _control);
        return ClassPrior(posteriors);
    }

    private double[] ClassPrior(double[] posteriors)
    {
        if (_options.EstimateClassPrior)
        {
            return ConfusionEm.ClassPrior(
                _table, posteriors.AsSpan(0, _table.ItemCount * _table.ClassCount), _options.ClassSmoothing, _knowledge.Gold.Span);
        }

        var uniform = new double[_table.ClassCount];
        uniform.AsSpan().Fill(1.0 / _table.ClassCount);
        return uniform;
    }

    private double LogPrior(double[] classPrior)
    {
        var sum = 0.0;
        if (_knowledge.Priors is null && _options.EstimateClassPrior)
        {
            foreach (var p in classPrior)
            {
                sum += _options.ClassSmoothing * ClassDistributions.Log(p);
            }
        }

        return _labelers.LogPrior + sum;
    }

    // The previous posteriors, then vote shares; with priors each prior counts as one more vote, which also places items without annotations.
    private double[] Start(Consensus? previous)
    {
        var classes = _table.ClassCount;
        var start = RowSums.Matrix(_table.ItemCount, classes);
        MajorityVote.Posteriors(_table, MajorityVote.ClassShares(_table), start);
        for (var n = 0; n < _table.ItemCount && _knowledge.Priors is { } priors; n++)
        {
            var (first, end) = _table.RangeOfItem(n);
            var votes = end - first;
            for (var k = n * classes; k < (n + 1) * classes && !double.IsNaN(priors[n * classes]); k++)
            {
                start[k] = ((start[k] * votes) + Math.Max(priors[k], ClassDistributions.Smallest)) / (votes + 1);
            }
        }

        previous?.Posteriors.CopyTo(start, 0);
        KnownClasses.Fix(_knowledge.Gold.Span, start, classes);
        return start;
    }
}
