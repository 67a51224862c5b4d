using LabelerService.Core.Randomness;
using LabelerService.Core.Uncertainty;

namespace LabelerService.Core.Aggregation.Sampling;

/// <summary>
/// Where wrong answers fall: given that a labeler is wrong about class k, the answers have distribution e_k ~ Dirichlet(c·E_k) over the other
/// classes, E_k being the common labeler's. How much a labeler errs as the others do, c, is one of a few values whose weights are learnt from
/// all labelers.
/// </summary>
internal sealed class ErrorPopulation
{
    private const double PriorLabelers = 2;

    // Share of E_k that is even, so that no error is impossible.
    private const double Even = 0.1;
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
