using LabelerService.Core.Randomness;

namespace LabelerService.Core.Aggregation.Sampling;

/// <summary>The labelers' part of the sampler: their kinds and confusions given the classes of the items.</summary>
internal abstract class LabelerSweep
{
    /// <summary>Memory, but for small change.</summary>
    public abstract long Bytes { get; }

    /// <summary>Adds Σ ln Θ_r(y | k) of some annotations of an item to every class k.</summary>
    /// <param name="labelers">Labeler of each annotation.</param>
    /// <param name="labels">What it says.</param>
    /// <param name="logs">Sums to add to [K].</param>
    public abstract void AddLogLikelihood(ReadOnlySpan<int> labelers, ReadOnlySpan<int> labels, Span<double> logs);

    /// <summary>Draws all labelers, and then the weights of their kinds.</summary>
    /// <param name="classes">Class of each item [N]; all items with annotations have one.</param>
    /// <param name="classPrior">Distribution of the classes of this draw [K].</param>
    /// <param name="sweep">Number of the draw, for its random numbers.</param>
    /// <param name="kept">Position among the draws that are kept, −1 before.</param>
    public abstract void Draw(int[] classes, double[] classPrior, int sweep, int kept);

    /// <summary>Interval of a cell of a labeler's confusion.</summary>
    public abstract Uncertainty.CredibleInterval Cell(int labeler, int trueClass, int label, double level);

    /// <summary>Random numbers of a block of labelers.</summary>
    protected static RandomStream Random(ConfusionSamplerOptions options, int sweep, int block) => new(options.Seed, (4L * sweep) + 1, block);

    /// <summary>Random numbers of the population.</summary>
    protected static RandomStream Random(ConfusionSamplerOptions options, int sweep) => new(options.Seed, (4L * sweep) + 2);

    /// <summary>Numbers of labelers of each kind, block by block, summed: whole numbers, so the order of threads does not matter.</summary>
    protected static void Count(long[] totals, ReadOnlySpan<int> kinds)
    {
        Array.Clear(totals);
        foreach (var kind in kinds)
        {
            if (kind >= 0)
            {
                totals[kind]++;
            }
        }
    }
}
