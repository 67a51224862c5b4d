using LabelerService.Core.Aggregation;
using LabelerService.Core.Annotations;

namespace LabelerService.Core.Labelers;

/// <summary>
/// What the others say of an item without one labeler (or two). Where the consensus comes with confusions its posterior is a product,
/// p(k|n) ∝ prior(k|n) Π_r Θ_r(y_nr|k) (Dawid and Skene 1979, eq. 2.5), and the labeler's own factor is divided out, so that whatever else
/// the consensus knew (a model's prior) stays. Without confusions they are estimated once from its posteriors (Dawid and Skene's M-step) and the product
/// is taken over the others. What the labeler did to the estimates of the others stays in both: a small effect where they labelled more
/// than what they share with it. Known items are certain. Immutable.
/// </summary>
internal sealed class OthersConsensus
{
    // ln of the smallest double that is not subnormal: a posterior of zero divides to zero.
    private const double LogZero = -708;

    private readonly LabelerAnalysisInput _input;
    private readonly AnnotationTable _table;
    private readonly double[] _logPrior;
    private readonly double[] _posteriors;
    private readonly bool _divides;

    public OthersConsensus(LabelerAnalysisInput input)
    {
        _input = input;
        _table = input.Table;
        _divides = input.Consensus.Confusions is not null;
        _posteriors = input.Consensus.Posteriors;
        Confusions = input.Consensus.Confusions ?? LabelerConfusions.Estimate(_table, input.Consensus.Posteriors);
        _logPrior = [.. input.Consensus.ClassPrior.Select(ClassDistributions.Log)];
    }

    private OthersConsensus(OthersConsensus before, double[] posteriors, LabelerConfusions confusions)
    {
        (_input, _table, _divides, _logPrior) = (before._input, before._table, before._divides, before._logPrior);
        (_posteriors, Confusions) = (posteriors, confusions);
    }

    /// <summary>How labelers answer.</summary>
    public LabelerConfusions Confusions { get; }

    /// <summary>Whether anybody but one labeler, or gold, says anything of an item.</summary>
    public bool SaysSomething(int item)
    {
        var (start, end) = _table.RangeOfItem(item);
        return end - start > 1 || _input.KnownOf(item) >= 0;
    }

    /// <summary>Distribution of an item's class without the annotation at a position [K].</summary>
    public void Without(int position, Span<double> distribution) => Without(_table.Items[position], position, -1, distribution);

    /// <summary>Distribution of an item's class without two annotations [K].</summary>
    /// <param name="item">The item.</param>
    /// <param name="position">One position.</param>
    /// <param name="other">The other; −1: none.</param>
    /// <param name="distribution">Receives it.</param>
    public void Without(int item, int position, int other, Span<double> distribution)
    {
        var known = _input.KnownOf(item);
        if (known >= 0)
        {
            distribution.Clear();
            distribution[known] = 1;
            return;
        }

        if (_divides)
        {
            Divide(item, position, other, distribution);
        }
        else
        {
            _logPrior.CopyTo(distribution);
            var (start, end) = _table.RangeOfItem(item);
            for (var i = start; i < end; i++)
            {
                if (i != position && i != other)
                {
                    Confusions.AddLogLikelihood(_table.Labelers[i], _table.Classes[i], distribution);
                }
            }
        }

        ClassDistributions.SoftMax(distribution);
    }

    /// <summary>The same with other confusions: each annotation's old factor is divided out of the posterior, and the new one put in.</summary>
    public OthersConsensus WithConfusions(LabelerConfusions confusions)
    {
        if (!_divides)
        {
            return new OthersConsensus(this, _posteriors, confusions);
        }

        var classes = _table.ClassCount;
        var posteriors = (double[])_posteriors.Clone();
        var old = new double[classes];
        for (var n = 0; n < _table.ItemCount; n++)
        {
            var row = posteriors.AsSpan(n * classes, classes);

            // Classes that so much speaks against that nothing is left of them cannot be judged anew: how much it was is lost. Nor need they be.
            if (row.ContainsAnyInRange(0, double.Epsilon))
            {
                continue;
            }

            old.AsSpan().Clear();
            Confusions.AddLogLikelihood(_table, n, old);
            for (var k = 0; k < classes; k++)
            {
                row[k] = Log(row[k]) - old[k];
            }

            confusions.AddLogLikelihood(_table, n, row);
            ClassDistributions.SoftMax(row);
        }

        return new OthersConsensus(this, posteriors, confusions);
    }

    private static double Log(double probability) => probability > double.Epsilon ? Math.Max(LogZero, Math.Log(probability)) : LogZero;

    private void Divide(int item, int position, int other, Span<double> logs)
    {
        var classes = logs.Length;
        logs.Clear();
        Confusions.AddLogLikelihood(_table.Labelers[position], _table.Classes[position], logs);
        if (other >= 0)
        {
            Confusions.AddLogLikelihood(_table.Labelers[other], _table.Classes[other], logs);
        }

        var posterior = _posteriors.AsSpan(item * classes, classes);
        for (var k = 0; k < classes; k++)
        {
            logs[k] = Log(posterior[k]) - logs[k];
        }
    }
}
