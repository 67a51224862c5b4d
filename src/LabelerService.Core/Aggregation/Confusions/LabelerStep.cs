using LabelerService.Core.Annotations;

namespace LabelerService.Core.Aggregation.Confusions;

/// <summary>
/// What is assumed of labelers: the part in which the EMs of this folder differ. Holds the current parameters in memory that is used again
/// in each iteration.
/// </summary>
internal abstract class LabelerStep
{
    /// <summary>Whether <see cref="Estimate"/> needs the counts of all labelers together.</summary>
    public abstract bool NeedsCommon { get; }

    /// <summary>Log density of the pseudo-annotations under the current parameters, up to a constant.</summary>
    public abstract double LogPrior { get; }

    /// <summary>The M-step: parameters from class distributions of the items.</summary>
    /// <param name="posteriors">Class distributions, row-major [N, K], with slack (<see cref="RowSums"/>).</param>
    /// <param name="common">
    /// Soft counts of all annotations, label-major [y, k]; may be overwritten. Null where not needed.
    /// </param>
    /// <param name="control">Threads and cancellation.</param>
    public abstract void Estimate(double[] posteriors, double[]? common, AggregationControl control);

    /// <summary>Takes over what an earlier fit found; labelers it does not know are as its common one.</summary>
    public abstract void StartFrom(LabelerConfusions previous);

    /// <summary>The E-step's part of one item: adds Σ_r ln Θ_r(y_r | k) to every class k.</summary>
    /// <param name="item">The item.</param>
    /// <param name="logs">Sums to add to [K], with slack.</param>
    public abstract void AddLogs(int item, Span<double> logs);

    /// <summary>The current parameters as confusions. The step must not be used afterwards: they may share memory.</summary>
    /// <param name="common">Soft counts of all annotations, label-major [y, k]; may be overwritten.</param>
    public abstract LabelerConfusions Build(double[] common);

    /// <summary>The step that the options mean.</summary>
    public static LabelerStep Create(AnnotationTable table, ConfusionOptions options)
    {
        options.Check();
        return options.IsFull(table.LabelerCount, table.ClassCount) ? new MatrixStep(table, options) : new CoinStep(table, options);
    }

    /// <summary>The same for labelers of ordered classes.</summary>
    public static LabelerStep CreateOrdinal(AnnotationTable table, ConfusionOptions options)
    {
        options.Check();
        return options.IsFull(table.LabelerCount, table.ClassCount) ? new OrdinalStep(table, options) : new CoinStep(table, options);
    }
}
