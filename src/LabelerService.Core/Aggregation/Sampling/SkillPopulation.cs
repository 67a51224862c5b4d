using LabelerService.Core.Randomness;
using LabelerService.Core.Uncertainty;

namespace LabelerService.Core.Aggregation.Sampling;

/// <summary>
/// What kinds of labelers there are: a distribution over a grid of kinds, learnt from all labelers. A kind is a shift of the log-odds of being
/// right against the common labeler, δ, and how much alike the labeler is over classes, s: the probability of being right about class k is
/// a ~ Beta(s·m_k, s·(1 − m_k)), logit m_k = b_k + δ. How easy class k is for all labelers, b_k, is learnt, too: normal around three of four
/// right, on a grid. Weights of kinds have a Dirichlet prior that leans to δ = 0 and forbids nothing, so that experts, spammers and
/// adversaries each get their kind where there are some.
/// </summary>
internal sealed class SkillPopulation
{
    private const double Step = 0.6;
    private const int Half = 10;
    private const double ShareNear = 0.7;
    private const double NearDeviation = 1;
    private const double FarDeviation = 3;
    private const double PriorLabelers = 4;
    private const int MostTableCells = 2_000_000;
    private const int Levels = 21;
    private const double LevelStep = 0.3;
    private const double LowestLevel = -1.9;
    private const double MeanLevel = 1.1;
    private const double LevelDeviation = 1;
    private static readonly double[] Concentrations = [0.5, 2, 8, 32, 128];

    private static readonly double[][] RisingBoth = Array.ConvertAll(
        Concentrations,
        s =>
        {
            var table = new double[256];
            Fill(table, s);
            return table;
        });

    private readonly int _rows;
    private readonly double[] _prior;
    private readonly double[] _logWeights;
    private readonly double[] _levels;
    private readonly double[] _means;
    // ln of x (x + 1) … (x + n − 1) for n below the length of the table, [kind, row, n], x = s·m and s·(1 − m).
    private readonly int _length;
    private readonly double[] _risingRight;
    private readonly double[] _risingWrong;

    /// <param name="common">Probability of a right answer of the common labeler by row (one a class, or one for all): the start.</param>
    public SkillPopulation(ReadOnlySpan<double> common)
    {
        _rows = common.Length;
        _prior = new double[Kinds];
        _logWeights = new double[Kinds];
        _levels = new double[_rows];
        _means = new double[_rows * Shifts];
        _levels.AsSpan().Fill(double.NaN);
        _length = Math.Clamp(MostTableCells / (Kinds * _rows), 8, 64);
        _risingRight = new double[Kinds * _rows * _length];
        _risingWrong = new double[_risingRight.Length];
        for (var k = 0; k < _rows; k++)
        {
            var a = Math.Clamp(common[k], 0.02, 0.98);
            SetLevel(k, Math.Log(a / (1 - a)));
        }

        for (var kind = 0; kind < Kinds; kind++)
        {
            _prior[kind] = (ShareNear * Normal(Shift(kind), NearDeviation)) + ((1 - ShareNear) * Normal(Shift(kind), FarDeviation));
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

    /// <summary>Values of b and the logs of their prior weights.</summary>
    public static (double Level, double LogWeight)[] LevelPrior { get; } =
        [.. Enumerable.Range(0, Levels).Select(level => LowestLevel + (level * LevelStep))
            .Select(level => (level, -Math.Pow((level - MeanLevel) / LevelDeviation, 2) / 2))];

    /// <summary>Pseudo-labelers of each kind: the Dirichlet prior of the weights.</summary>
    public ReadOnlySpan<double> Prior => _prior;

    private static int Shifts => (2 * Half) + 1;

    /// <summary>δ of a kind.</summary>
    public static double Shift(int kind) => ((kind / Concentrations.Length) - Half) * Step;

    /// <summary>s of a kind.</summary>
    public static double Concentration(int kind) => Concentrations[kind % Concentrations.Length];

    /// <summary>m of a kind for a row.</summary>
    public double Mean(int kind, int row) => _means[(kind / Concentrations.Length * _rows) + row];

    /// <summary>b of a row.</summary>
    public double Level(int row) => _levels[row];

    /// <summary>Draws b of a row given the labelers' kinds, their accuracies integrated out.</summary>
    /// <param name="random">Random numbers.</param>
    /// <param name="row">The row.</param>
    /// <param name="kinds">Kind of each labeler [R], −1 for those without annotations.</param>
    /// <param name="right">Right answers, [R, rows].</param>
    /// <param name="wrong">Wrong answers, [R, rows].</param>
    public void DrawLevel(RandomStream random, int row, ReadOnlySpan<int> kinds, ReadOnlySpan<int> right, ReadOnlySpan<int> wrong)
    {
        Span<double> weights = stackalloc double[Levels];
        for (var level = 0; level < Levels; level++)
        {
            (var value, weights[level]) = LevelPrior[level];
            for (var r = 0; r < kinds.Length; r++)
            {
                var at = (r * _rows) + row;
                if (kinds[r] >= 0 && right[at] + wrong[at] > 0)
                {
                    var (s, mean) = (Concentration(kinds[r]), Logistic(value + Shift(kinds[r])));
                    weights[level] += GammaFunction.LogRising(s * mean, right[at]) + GammaFunction.LogRising(s * (1 - mean), wrong[at]);
                }
            }
        }

        ClassDistributions.SoftMax(weights);
        SetLevel(row, LevelPrior[random.Choose(weights, 1)].Level);
    }

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
                var table = ((kind * _rows) + k) * _length;
                sum += right[k] < _length ? _risingRight[table + right[k]] : GammaFunction.LogRising(s * Mean(kind, k), right[k]);
                sum += wrong[k] < _length ? _risingWrong[table + wrong[k]] : GammaFunction.LogRising(s * (1 - Mean(kind, k)), wrong[k]);
                var both = RisingBoth[kind % Concentrations.Length];
                sum -= right[k] + wrong[k] < both.Length ? both[right[k] + wrong[k]] : GammaFunction.LogRising(s, right[k] + wrong[k]);
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

    private void SetLevel(int row, double value)
    {
        if (value == _levels[row])
        {
            return;
        }

        _levels[row] = value;
        for (var kind = 0; kind < Kinds; kind++)
        {
            var (s, mean) = (Concentration(kind), Logistic(value + Shift(kind)));
            _means[(kind / Concentrations.Length * _rows) + row] = mean;
            Fill(_risingRight.AsSpan(((kind * _rows) + row) * _length, _length), s * mean);
            Fill(_risingWrong.AsSpan(((kind * _rows) + row) * _length, _length), s * (1 - mean));
        }
    }

    private static void Fill(Span<double> table, double x)
    {
        table[0] = 0;
        for (var n = 1; n < table.Length; n++)
        {
            table[n] = table[n - 1] + Math.Log(x + n - 1);
        }
    }

    private static double Normal(double x, double deviation) => Math.Exp(-x * x / (2 * deviation * deviation)) / deviation;

    private static double Logistic(double x) => 1 / (1 + Math.Exp(-x));
}
