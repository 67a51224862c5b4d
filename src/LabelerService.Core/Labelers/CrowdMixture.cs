using LabelerService.Core.Aggregation;

namespace LabelerService.Core.Labelers;

/// <summary>
/// How frequent each way of answering is in this crowd: the weights w of a mixture over <see cref="AnswerModels"/>, by EM on the labelers'
/// log probabilities, w_j ∝ c_j + Σ_r w_j P_rj / Σ_i w_i P_ri (the MAP estimate with pseudo-labelers c; a parametric empirical Bayes of
/// labelers, Efron and Morris 1973). Immutable.
/// </summary>
internal sealed class CrowdMixture
{
    // Pseudo-labelers: where there are few labelers, four of five are taken to be ordinary.
    private const double Ordinary = 4;
    private const double OfEachBadKind = 1.0 / 3;
    private const int MostIterations = 200;
    private const double Tolerance = 1e-7;

    private readonly AnswerModels _models;
    private readonly double[] _logWeights;

    private CrowdMixture(AnswerModels models, double[] weights)
    {
        _models = models;
        _logWeights = [.. weights.Select(ClassDistributions.Log)];
        Weights = weights;
    }

    /// <summary>Share of the labelers who answer in each way [J].</summary>
    public IReadOnlyList<double> Weights { get; }

    /// <summary>Fits the weights.</summary>
    /// <param name="models">The ways of answering.</param>
    /// <param name="logProbabilities">Log probabilities, row-major [R, J].</param>
    /// <param name="judged">Which labelers count [R].</param>
    /// <param name="cancellationToken">Checked once an iteration.</param>
    public static CrowdMixture Fit(AnswerModels models, double[] logProbabilities, bool[] judged, CancellationToken cancellationToken)
    {
        var count = models.Count;
        var pseudo = new double[count];
        for (var j = 0; j < count; j++)
        {
            var kind = models.KindOf(j);
            var same = Enumerable.Range(0, count).Count(i => models.KindOf(i) == kind);
            pseudo[j] = (kind is null ? Ordinary : OfEachBadKind) / same;
        }

        var weights = Normalised(pseudo);
        var sums = new double[count];
        var logs = new double[count];
        for (var iteration = 0; iteration < MostIterations; iteration++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            pseudo.CopyTo(sums, 0);
            for (var r = 0; r < judged.Length; r++)
            {
                if (!judged[r])
                {
                    continue;
                }

                for (var j = 0; j < count; j++)
                {
                    logs[j] = ClassDistributions.Log(weights[j]) + logProbabilities[(r * count) + j];
                }

                ClassDistributions.SoftMax(logs);
                for (var j = 0; j < count; j++)
                {
                    sums[j] += logs[j];
                }
            }

            var next = Normalised(sums);
            var change = 0.0;
            for (var j = 0; j < count; j++)
            {
                change += Math.Abs(next[j] - weights[j]);
            }

            weights = next;
            if (change < Tolerance)
            {
                break;
            }
        }

        return new CrowdMixture(models, weights);
    }

    /// <summary>ln (Σ w P over the bad kinds / Σ w) − ln (the same over the ordinary ones): the log Bayes factor of not answering by the class.</summary>
    public double LogBayesFactor(ReadOnlySpan<double> logProbabilities) =>
        Marginal(logProbabilities, ordinary: false) - Marginal(logProbabilities, ordinary: true);

    /// <summary>Probability of each kind, given the answers; the ordinary one has no kind.</summary>
    public double Probability(ReadOnlySpan<double> logProbabilities, LabelerFlagKind? kind)
    {
        var logs = Probabilities(logProbabilities);
        var sum = 0.0;
        for (var j = 0; j < logs.Length; j++)
        {
            sum += _models.KindOf(j) == kind ? logs[j] : 0;
        }

        return sum;
    }

    /// <summary>Probability of each way of answering, given the answers [J].</summary>
    public double[] Probabilities(ReadOnlySpan<double> logProbabilities)
    {
        var logs = new double[_models.Count];
        for (var j = 0; j < logs.Length; j++)
        {
            logs[j] = _logWeights[j] + logProbabilities[j];
        }

        ClassDistributions.SoftMax(logs);
        return logs;
    }

    /// <summary>Draws a way of answering among those that are bad.</summary>
    public int DrawBad(Random random)
    {
        var total = 0.0;
        for (var j = 0; j < _models.Count; j++)
        {
            total += _models.KindOf(j) is null ? 0 : Weights[j];
        }

        var (left, last) = (random.NextDouble() * total, 0);
        for (var j = 0; j < _models.Count; j++)
        {
            if (_models.KindOf(j) is not null)
            {
                left -= Weights[j];
                last = j;
                if (left < 0)
                {
                    break;
                }
            }
        }

        return last;
    }

    private double Marginal(ReadOnlySpan<double> logProbabilities, bool ordinary)
    {
        double max = double.NegativeInfinity, weight = 0, sum = 0;
        for (var j = 0; j < logProbabilities.Length; j++)
        {
            if (_models.KindOf(j) is null == ordinary)
            {
                max = Math.Max(max, _logWeights[j] + logProbabilities[j]);
                weight += Weights[j];
            }
        }

        for (var j = 0; j < logProbabilities.Length; j++)
        {
            if (_models.KindOf(j) is null == ordinary)
            {
                sum += Math.Exp(_logWeights[j] + logProbabilities[j] - max);
            }
        }

        return max + Math.Log(sum) - Math.Log(weight);
    }

    private static double[] Normalised(double[] values)
    {
        var total = values.Sum();
        return [.. values.Select(value => value / total)];
    }
}
