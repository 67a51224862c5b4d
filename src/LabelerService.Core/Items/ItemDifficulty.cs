using LabelerService.Core.Aggregation;
using LabelerService.Core.Annotations;

namespace LabelerService.Core.Items;

/// <summary>
/// How hard items are: errors beyond what the labelers' confusions explain. An item of difficulty δ_n shifts the log-odds of everybody's
/// being right: p(k | k, r, n) = σ(logit Θ_r(k|k) − δ_n), and whoever errs errs as always. δ_n ~ N(0, τ²), with the τ of a few under which
/// the annotations are likeliest (empirical Bayes); classes and δ_n are integrated over a fixed grid. Reported is the probability that an
/// average labeler errs on the item, 1 − E σ(logit ā − δ_n), in [0, 1]: experts who disagree make an item hard, a spammer's contradiction
/// hardly does.
/// </summary>
/// <remarks>
/// The log-odds are those of Rasch (1960) and of Whitehill et al. (Whose vote should count more, NIPS 2009), here around any confusion
/// matrix. Cost: annotations × classes × grid points.
/// </remarks>
internal sealed class ItemDifficulty
{
    private const int MostSampled = 20_000;
    private static readonly double[] Grid = [-3, -2, -1, 0, 1, 2, 3, 4, 5];
    private static readonly double[] Spreads = [0.25, 0.5, 0.75, 1, 1.5, 2];
    private const double SmallestChance = 1e-9;
    private readonly AnnotationTable _table;
    private readonly ItemEvidence _evidence;
    private readonly double[] _logWeights;
    private readonly double[] _errors;

    private ItemDifficulty(AnnotationTable table, ItemEvidence evidence, double spread)
    {
        _table = table;
        _evidence = evidence;
        Spread = spread;
        _logWeights = LogWeights(spread);
        var accuracy = Math.Clamp(evidence.Confusions.Accuracy(-1, evidence.ClassPrior), SmallestChance, 1 - SmallestChance);
        _errors = Array.ConvertAll(Grid, shift => (1 - accuracy) / (1 - accuracy + (accuracy * Math.Exp(-shift))));
    }

    /// <summary>τ of the prior N(0, τ²).</summary>
    public double Spread { get; }

    /// <summary>Finds the prior, from at most 20,000 items.</summary>
    public static ItemDifficulty Fit(AnnotationTable table, ItemEvidence evidence, CancellationToken cancel)
    {
        var weights = Array.ConvertAll(Spreads, LogWeights);
        var sums = new double[Spreads.Length];
        var scratch = new Scratch(table.ClassCount);
        var count = Math.Min(table.ItemCount, MostSampled);
        var terms = new double[Grid.Length];
        for (var i = 0; i < count; i++)
        {
            if (i % ItemBlocks.Size == 0)
            {
                cancel.ThrowIfCancellationRequested();
            }

            var item = (int)((long)i * table.ItemCount / count);
            var (start, end) = table.RangeOfItem(item);
            if (start == end)
            {
                continue;
            }

            Likelihoods(table, evidence, item, scratch);
            for (var b = 0; b < sums.Length; b++)
            {
                for (var g = 0; g < terms.Length; g++)
                {
                    terms[g] = weights[b][g] + scratch.LogLikelihoods[g];
                }

                sums[b] += ClassDistributions.SoftMax(terms);
            }
        }

        return new ItemDifficulty(table, evidence, Spreads[ClassDistributions.Top(sums)]);
    }

    /// <summary>Difficulty of an item; the average one of an item without annotations.</summary>
    /// <param name="item">The item.</param>
    /// <param name="scratch">Memory of the thread.</param>
    public double Of(int item, Scratch scratch)
    {
        Likelihoods(_table, _evidence, item, scratch);
        var shares = scratch.LogLikelihoods;
        for (var g = 0; g < shares.Length; g++)
        {
            shares[g] += _logWeights[g];
        }

        ClassDistributions.SoftMax(shares);
        var mean = 0.0;
        for (var g = 0; g < shares.Length; g++)
        {
            mean += shares[g] * _errors[g];
        }

        return Math.Clamp(mean, 0, 1);
    }

    // ln Σ_k prior(k) Π_r p(y_r | k, δ) for each δ of the grid.
    private static void Likelihoods(AnnotationTable table, ItemEvidence evidence, int item, Scratch scratch)
    {
        var classes = table.ClassCount;
        var (start, end) = table.RangeOfItem(item);
        var prior = scratch.Prior;
        evidence.PriorLogs(item, prior);
        ClassDistributions.SoftMax(prior);
        var count = end - start;
        var (answers, rights) = scratch.Answers(count);
        for (var i = 0; i < count; i++)
        {
            var (labeler, label) = (table.Labelers[start + i], table.Classes[start + i]);
            for (var k = 0; k < classes; k++)
            {
                answers[(i * classes) + k] = evidence.Confusions.Probability(labeler, k, label);
                rights[(i * classes) + k] = Math.Clamp(evidence.Confusions.Probability(labeler, k, k), SmallestChance, 1 - SmallestChance);
            }
        }

        for (var g = 0; g < Grid.Length; g++)
        {
            var odds = Math.Exp(-Grid[g]);
            var row = scratch.Row;
            prior.CopyTo(row, 0);
            var log = 0.0;
            for (var i = 0; i < count; i++)
            {
                // Scaled at every step, so that nothing runs out of range however many annotations there are.
                var sum = 0.0;
                for (var k = 0; k < classes; k++)
                {
                    var right = rights[(i * classes) + k];
                    // σ(logit a − δ) = a e^−δ / (1 − a + a e^−δ); errors keep their proportions.
                    var scale = 1 / (1 - right + (right * odds));
                    row[k] *= table.Classes[start + i] == k ? right * odds * scale : answers[(i * classes) + k] * scale;
                    sum += row[k];
                }

                sum = Math.Max(sum, double.Epsilon);
                log += Math.Log(sum);
                for (var k = 0; k < classes; k++)
                {
                    row[k] /= sum;
                }
            }

            scratch.LogLikelihoods[g] = log;
        }
    }

    // ln of the share of N(0, τ²) that falls to each grid point.
    private static double[] LogWeights(double spread)
    {
        var weights = Array.ConvertAll(Grid, shift => -shift * shift / (2 * spread * spread));
        ClassDistributions.SoftMax(weights);
        return Array.ConvertAll(weights, ClassDistributions.Log);
    }

    /// <summary>Memory that a thread uses again for every item.</summary>
    internal sealed class Scratch(int classes)
    {
        private double[] _answers = [];
        private double[] _rights = [];

        public double[] Prior { get; } = new double[classes];

        public double[] Row { get; } = new double[classes];

        public double[] LogLikelihoods { get; } = new double[Grid.Length];

        public (double[] Answers, double[] Rights) Answers(int count)
        {
            if (_answers.Length < count * classes)
            {
                _answers = new double[count * classes * 2];
                _rights = new double[count * classes * 2];
            }

            return (_answers, _rights);
        }
    }
}
