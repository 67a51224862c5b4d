using LabelerService.Core.Randomness;
using LabelerService.Core.Uncertainty;

namespace LabelerService.Core.Aggregation.Sampling;

/// <summary>
/// What kinds of labelers there are: a distribution over a grid of kinds, learnt from all labelers. A kind is a shift of the log-odds of being
/// right against the common labeler, δ, and how much alike the labeler is over classes, s: the probability of being right about class k is
/// a ~ Beta(s·m_k, s·(1 − m_k)), logit m_k = logit A_k + δ, with the common labeler's A_k. Weights of kinds have a Dirichlet prior that
/// leans to the common labeler and forbids nothing, so that experts, spammers and adversaries each get their kind where there are some.
/// </summary>
internal sealed class SkillPopulation
{
    private const double Step = 0.6;
    private const int Half = 10;
    private const double ShiftDeviation = 2;
    private const double PriorLabelers = 4;
    private static readonly double[] Concentrations = [0.5, 2, 8, 32, 128];

    private readonly int _rows;
    private readonly double[] _prior;
    private readonly double[] _logWeights;
    private readonly double[] _means;
    private readonly double[] _logGammaRight;
    private readonly double[] _logGammaWrong;
    private readonly double[] _logGammaBoth;

    /// <param name="common">A_k for each row: one a class, or one for all.</param>
    public SkillPopulation(ReadOnlySpan<double> common)
    {
        _rows = common.Length;
        _prior = new double[Kinds];
        _logWeights = new double[Kinds];
        _means = new double[_rows * Shifts];
        _logGammaRight = new double[Kinds * _rows];
        _logGammaWrong = new double[Kinds * _rows];
        _logGammaBoth = Array.ConvertAll(Concentrations, GammaFunction.Log);
        for (var kind = 0; kind < Kinds; kind++)
        {
            var (shift, s) = (Shift(kind), Concentration(kind));
            _prior[kind] = Math.Exp(-shift * shift / (2 * ShiftDeviation * ShiftDeviation));
            for (var k = 0; k < _rows; k++)
            {
                var a = Math.Clamp(common[k], 0.02, 0.98);
                var mean = 1 / (1 + Math.Exp(-Math.Log(a / (1 - a)) - shift));
                _means[(kind / Concentrations.Length * _rows) + k] = mean;
                _logGammaRight[(kind * _rows) + k] = GammaFunction.Log(s * mean);
                _logGammaWrong[(kind * _rows) + k] = GammaFunction.Log(s * (1 - mean));
            }
        }

        var total = _prior.Sum();
        for (var kind = 0; kind < Kinds; kind++)
        {
            _prior[kind] *= PriorLabelers / total;
            _logWeights[kind] = Math.Log(_prior[kind] / PriorLabelers);
        }
    }

    /// <summary>Number of kinds.</summary>
    public static int Kinds => Shifts * Concentrations.Length;

    /// <summary>Pseudo-labelers of each kind: the Dirichlet prior of the weights.</summary>
    public ReadOnlySpan<double> Prior => _prior;

    private static int Shifts => (2 * Half) + 1;

    /// <summary>s of a kind.</summary>
    public static double Concentration(int kind) => Concentrations[kind % Concentrations.Length];

    /// <summary>m of a kind for a row.</summary>
    public double Mean(int kind, int row) => _means[(kind / Concentrations.Length * _rows) + row];

    /// <summary>ln of the probability of one order of rights and wrongs of a labeler of a kind, its accuracies integrated out.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="right">Right answers by row.</param>
    /// <param name="wrong">Wrong answers by row.</param>
    public double LogMarginal(int kind, ReadOnlySpan<int> right, ReadOnlySpan<int> wrong)
    {
        double sum = 0, s = Concentration(kind);
        for (var k = 0; k < right.Length; k++)
        {
            if (right[k] + wrong[k] > 0)
            {
                var mean = Mean(kind, k);
                sum += GammaFunction.LogRising(s * mean, right[k], _logGammaRight[(kind * _rows) + k])
                    + GammaFunction.LogRising(s * (1 - mean), wrong[k], _logGammaWrong[(kind * _rows) + k])
                    - GammaFunction.LogRising(s, right[k] + wrong[k], _logGammaBoth[kind % Concentrations.Length]);
            }
        }

        return sum;
    }

    /// <summary>Draws the kind of a labeler given its answers and the weights.</summary>
    /// <param name="random">Random numbers.</param>
    /// <param name="right">Right answers by row.</param>
    /// <param name="wrong">Wrong answers by row.</param>
    /// <param name="scratch">At least <see cref="Kinds"/> numbers.</param>
    public int Draw(RandomStream random, ReadOnlySpan<int> right, ReadOnlySpan<int> wrong, Span<double> scratch)
    {
        var weights = scratch[..Kinds];
        for (var kind = 0; kind < weights.Length; kind++)
        {
            weights[kind] = _logWeights[kind] + LogMarginal(kind, right, wrong);
        }

        ClassDistributions.SoftMax(weights);
        return random.Choose(weights, 1);
    }

    /// <summary>Draws the weights given the number of labelers of each kind.</summary>
    public void DrawWeights(RandomStream random, ReadOnlySpan<long> labelers)
    {
        for (var kind = 0; kind < _logWeights.Length; kind++)
        {
            _logWeights[kind] = random.NextLogGamma(_prior[kind] + labelers[kind]);
        }

        ToLogWeights(_logWeights);
    }

    internal static void ToLogWeights(Span<double> logs)
    {
        var max = double.NegativeInfinity;
        foreach (var value in logs)
        {
            max = Math.Max(max, value);
        }

        var sum = 0.0;
        foreach (var value in logs)
        {
            sum += Math.Exp(value - max);
        }

        foreach (ref var value in logs)
        {
            value -= max + Math.Log(sum);
        }
    }

    private static double Shift(int kind) => ((kind / Concentrations.Length) - Half) * Step;
}
