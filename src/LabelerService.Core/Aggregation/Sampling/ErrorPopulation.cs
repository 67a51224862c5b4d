using LabelerService.Core.Randomness;
using LabelerService.Core.Uncertainty;

namespace LabelerService.Core.Aggregation.Sampling;

/// <summary>
/// Where wrong answers fall: given that a labeler is wrong about class k, the answers have distribution e_k ~ Dirichlet(c·E_k) over the other
/// classes. The common error distribution E_k is learnt, too: E_k ~ Dirichlet(½, …, ½), drawn by the tables of the Chinese restaurant
/// representation (Teh, Jordan, Beal and Blei, Hierarchical Dirichlet processes, JASA 101, 2006, §5.2): of n wrong answers y of a labeler,
/// the number that went back to E_k is a sum of Bernoulli variates, c·E_k(y) / (c·E_k(y) + i) for i = 0 … n − 1. How much a labeler errs
/// as the others do, c, is one of a few values whose weights are learnt from all labelers.
/// </summary>
internal sealed class ErrorPopulation
{
    /// <summary>Each shape of the Dirichlet prior of E_k.</summary>
    public const double CommonPrior = 0.5;

    private const double PriorLabelers = 2;

    // Share of E_k at the start that is even, so that no error is impossible.
    private const double Even = 0.1;

    // So that no shape of a Gamma variate is 0.
    private const double Least = 1e-6;
    private static readonly double[] Concentrations = [1, 4, 16, 64];

    private readonly int _classes;
    private readonly double[] _errors;
    private readonly double[] _logWeights = new double[Kinds];

    /// <param name="common">The common labeler's confusion, row-major [k, y].</param>
    /// <param name="classes">Number of classes K, at least 2.</param>
    public ErrorPopulation(ReadOnlySpan<double> common, int classes)
    {
        _classes = classes;
        _errors = new double[classes * classes];
        _logWeights.AsSpan().Fill(-Math.Log(Kinds));
        for (var k = 0; k < classes; k++)
        {
            var wrong = 0.0;
            for (var y = 0; y < classes; y++)
            {
                wrong += y == k ? 0 : common[(k * classes) + y];
            }

            for (var y = 0; y < classes; y++)
            {
                var even = 1.0 / (classes - 1);
                _errors[(k * classes) + y] = y == k ? 0 : (Even * even) + ((1 - Even) * (wrong > 0 ? common[(k * classes) + y] / wrong : even));
            }
        }
    }

    /// <summary>Number of values of c.</summary>
    public static int Kinds => Concentrations.Length;

    /// <summary>E, row-major [k, y], diagonal zero.</summary>
    public ReadOnlySpan<double> Errors => _errors;

    /// <summary>Pseudo-labelers of each value of c.</summary>
    public static double Prior => PriorLabelers / Kinds;

    /// <summary>A value of c.</summary>
    public static double Concentration(int kind) => Concentrations[kind];

    /// <summary>ln of the probability of one order of wrong answers of a labeler, its error distributions integrated out.</summary>
    /// <param name="kind">Which c.</param>
    /// <param name="counts">Answers, row-major [k, y].</param>
    public double LogMarginal(int kind, ReadOnlySpan<int> counts)
    {
        double sum = 0, c = Concentrations[kind];
        for (var k = 0; k < _classes; k++)
        {
            var wrong = 0;
            for (var y = 0; y < _classes; y++)
            {
                var count = counts[(k * _classes) + y];
                if (count > 0 && y != k)
                {
                    wrong += count;
                    sum += GammaFunction.LogRising(c * _errors[(k * _classes) + y], count);
                }
            }

            sum -= GammaFunction.LogRising(c, wrong);
        }

        return sum;
    }

    /// <summary>Draws c of a labeler given its answers and the weights.</summary>
    public int Draw(RandomStream random, ReadOnlySpan<int> counts)
    {
        Span<double> weights = stackalloc double[Kinds];
        for (var kind = 0; kind < Kinds; kind++)
        {
            weights[kind] = _logWeights[kind] + LogMarginal(kind, counts);
        }

        ClassDistributions.SoftMax(weights);
        return random.Choose(weights, 1);
    }

    /// <summary>Draws how many of a labeler's wrong answers went back to the common distribution, and adds them.</summary>
    /// <param name="random">Random numbers.</param>
    /// <param name="kind">The labeler's c.</param>
    /// <param name="counts">Its answers, row-major [k, y].</param>
    /// <param name="tables">Sums of all labelers [k, y]; whole numbers, so the order of threads does not matter.</param>
    public void AddTables(RandomStream random, int kind, ReadOnlySpan<int> counts, long[] tables)
    {
        for (var cell = 0; cell < counts.Length; cell++)
        {
            var mass = Concentrations[kind] * _errors[cell];
            if (counts[cell] == 0 || cell % (_classes + 1) == 0)
            {
                continue;
            }

            // The first answer always does.
            long went = 1;
            for (var i = 1; i < counts[cell]; i++)
            {
                went += random.NextDouble() * (mass + i) < mass ? 1 : 0;
            }

            Interlocked.Add(ref tables[cell], went);
        }
    }

    /// <summary>Draws E given <see cref="AddTables"/> of all labelers.</summary>
    public void DrawErrors(RandomStream random, ReadOnlySpan<long> tables)
    {
        for (var k = 0; k < _classes; k++)
        {
            var row = _errors.AsSpan(k * _classes, _classes);
            for (var y = 0; y < _classes; y++)
            {
                row[y] = y == k ? double.NegativeInfinity : random.NextLogGamma(CommonPrior + tables[(k * _classes) + y]);
            }

            ClassDistributions.SoftMax(row);
            for (var y = 0; y < _classes; y++)
            {
                row[y] = y == k ? 0 : Math.Max(row[y], Least);
            }
        }
    }

    /// <summary>Draws the weights given the number of labelers of each value.</summary>
    public void DrawWeights(RandomStream random, ReadOnlySpan<long> labelers)
    {
        for (var kind = 0; kind < Kinds; kind++)
        {
            _logWeights[kind] = random.NextLogGamma(Prior + labelers[kind]);
        }

        SkillPopulation.ToLogWeights(_logWeights);
    }
}
