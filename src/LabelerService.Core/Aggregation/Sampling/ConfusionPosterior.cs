using LabelerService.Core.Uncertainty;

namespace LabelerService.Core.Aggregation.Sampling;

/// <summary>What is believed of labelers, items and classes after the annotations: the result of <see cref="ConfusionSampler"/>. Immutable.</summary>
public sealed class ConfusionPosterior
{
    private readonly LabelerSweep _labelers;
    private readonly ItemSweep _items;
    private readonly ProbabilityDraws _accuracies;
    private readonly CredibleInterval[] _classPrior;

    internal ConfusionPosterior(
        LabelerSweep labelers, ItemSweep items, ProbabilityDraws accuracies, CredibleInterval[] classPrior, int[] itemClasses)
    {
        (_labelers, _items, _accuracies, _classPrior, ItemClasses) = (labelers, items, accuracies, classPrior, itemClasses);
    }

    /// <summary>Share of the posterior inside each interval.</summary>
    public required double Level { get; init; }

    /// <summary>Number of labelers R.</summary>
    public required int LabelerCount { get; init; }

    /// <summary>Draws behind the intervals.</summary>
    public required int Draws { get; init; }

    /// <summary>Whether labelers have a confusion each; otherwise one accuracy each (one-coin).</summary>
    public required bool IsFull { get; init; }

    /// <summary>What to know before trusting the intervals.</summary>
    public required IReadOnlyList<AggregationWarning> Warnings { get; init; }

    /// <summary>Memory that this takes: 24 bytes an item, 28 a cell of confusions, and the draws that are kept.</summary>
    public long Bytes => _labelers.Bytes + _items.Bytes + _accuracies.Bytes;

    /// <summary>Number of classes K.</summary>
    public int ClassCount => _classPrior.Length;

    /// <summary>The class of each item whose probability <see cref="ItemTopClass"/> tells [N].</summary>
    public IReadOnlyList<int> ItemClasses { get; }

    /// <summary>Probability that a labeler is right about an item drawn from the class distribution: Σ_k π_k Θ_r(k | k). Of a labeler without annotations: what is believed of anybody.</summary>
    /// <param name="labeler">Labeler in [0, R).</param>
    public CredibleInterval LabelerAccuracy(int labeler) => _accuracies.Interval(labeler, Level);

    /// <summary>
    /// Θ_r, row-major [k, y]. Where there are too many cells to keep their draws (<see cref="ConfusionSamplerOptions.MaxKeptDraws"/>), intervals are
    /// those of Beta distributions with the mean and variance of the draws.
    /// </summary>
    /// <param name="labeler">Labeler in [0, R).</param>
    public CredibleInterval[] Confusion(int labeler)
    {
        var cells = new CredibleInterval[ClassCount * ClassCount];
        for (var cell = 0; cell < cells.Length; cell++)
        {
            cells[cell] = _labelers.Cell(labeler, cell / ClassCount, cell % ClassCount, Level);
        }

        return cells;
    }

    /// <summary>
    /// Probability of an item's class of <see cref="ItemClasses"/>. The mean is its posterior probability; the interval says how far that would
    /// move if labelers and class distribution were known exactly (Beta distribution with the mean and variance over draws). Known items have
    /// 1 or 0.
    /// </summary>
    /// <param name="item">Item in [0, N).</param>
    public CredibleInterval ItemTopClass(int item)
    {
        var (mean, variance) = _items.Watched(item, Draws);
        return CredibleInterval.OfMoments(mean, variance, Level);
    }

    /// <summary>Share of a class among items.</summary>
    /// <param name="classIndex">Class in [0, K).</param>
    public CredibleInterval ClassPrior(int classIndex) => _classPrior[classIndex];
}
