namespace LabelerService.Core.Aggregation;

/// <summary>A way from annotations to classes. Implementations have no state: one may be used by many threads.</summary>
public interface IAggregator
{
    /// <summary>Aggregates.</summary>
    /// <param name="input">The annotations and what else is known.</param>
    /// <param name="control">Threads, iterations, progress, cancellation.</param>
    /// <returns>Distributions for every item, whatever the input: never NaN, rows sum to one.</returns>
    /// <exception cref="ArgumentException">The parts of the input do not fit together.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public Consensus Aggregate(AggregationInput input, AggregationControl control);
}
