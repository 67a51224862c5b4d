using LabelerService.Core.Quantising;
using LabelerService.Core.Training;

namespace LabelerService.Benchmarks.Quantized;

/// <summary>
/// f(w) = (w² − 1)²/16 + w/40: two wells, that at −1 deeper by a twentieth, and a barrier of a sixteenth between them; beyond ±1.5 with the
/// curvature that it has there, so that large steps do not diverge. Gradients are seen with normal noise. In one dimension, on which the annealing property is told (Li et al., NIPS 2017, section 5): with the step, the
/// iterates of BC concentrate in the deeper well, those of SR do not.
/// </summary>
internal sealed class DoubleWell(double noise) : INoisyProblem
{
    // Where the deeper minimum is: f'(w) = (w³ − w)/4 + 1/40 = 0.
    public const double Minimum = -1.0466805318046022;

    private const double Edge = 1.5;
    private const double Curvature = ((3 * Edge * Edge) - 1) / 4;

    public int Dimensions => 1;

    public double Value(ReadOnlySpan<double> w) => Value(w[0]);

    public void Gradient(ReadOnlySpan<double> w, Random random, Span<double> gradient) =>
        gradient[0] = Slope(w[0]) + (noise * GridDescent.Normal(random));

    /// <summary>f(w).</summary>
    public static double Value(double w)
    {
        var inner = Math.Clamp(w, -Edge, Edge);
        var beyond = w - inner;
        return (((inner * inner) - 1) * ((inner * inner) - 1) / 16) + (inner / 40) + (Slope(inner) * beyond) + (Curvature / 2 * beyond * beyond);
    }

    /// <summary>f'(w).</summary>
    public static double Slope(double w)
    {
        var inner = Math.Clamp(w, -Edge, Edge);
        return (((inner * inner * inner) - inner) / 4) + (1.0 / 40) + (Curvature * (w - inner));
    }

    /// <summary>
    /// What SR's distribution goes to as the step goes to 0. Then a weight at kΔ goes up with probability α E[(−g)⁺]/Δ and down with
    /// α E[g⁺]/Δ: α is the time scale of a birth-and-death chain and nothing else, and the stationary distribution,
    /// π_(k+1)/π_k = up_k / down_(k+1), does not know it.
    /// </summary>
    /// <param name="grid">The grid.</param>
    /// <returns>Probability of each multiple of Δ from −Levels to Levels.</returns>
    public double[] Limit(WeightGrid grid)
    {
        var logs = new double[(2 * grid.Levels) + 1];
        for (var k = 1; k < logs.Length; k++)
        {
            var (before, after) = (Slope((k - 1 - grid.Levels) * grid.Step), Slope((k - grid.Levels) * grid.Step));
            logs[k] = logs[k - 1] + Math.Log(Positive(-before)) - Math.Log(Positive(after));
        }

        var most = logs.Max();
        var sum = logs.Sum(log => Math.Exp(log - most));
        return [.. logs.Select(log => Math.Exp(log - most) / sum)];
    }

    // E[(m + σξ)⁺] = m Φ(m/σ) + σ φ(m/σ), never quite 0.
    private double Positive(double mean)
    {
        var z = mean / noise;
        return Math.Max((mean * NormalBelow(z)) + (noise * Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI)), 1e-300);
    }

    private static double NormalBelow(double z) => 0.5 * ErrorFunctionComplement(-z / Math.Sqrt(2));

    // erfc by a continued fraction for large arguments and a series for small ones (Abramowitz, Stegun 7.1.5, 7.1.14).
    private static double ErrorFunctionComplement(double x)
    {
        if (x < 0)
        {
            return 2 - ErrorFunctionComplement(-x);
        }

        if (x < 2.5)
        {
            var (term, sum) = (x, x);
            for (var n = 1; n < 60; n++)
            {
                term *= -x * x / n;
                sum += term / ((2 * n) + 1);
            }

            return 1 - (2 / Math.Sqrt(Math.PI) * sum);
        }

        var fraction = 0.0;
        for (var n = 60; n > 0; n--)
        {
            fraction = n / 2.0 / (x + fraction);
        }

        return Math.Exp(-x * x) / Math.Sqrt(Math.PI) / (x + fraction);
    }
}

/// <summary>What the iterates of one scheme at one step size were like.</summary>
/// <param name="Scheme">SR or BC.</param>
/// <param name="Rate">Step size α.</param>
/// <param name="Histogram">Share of iterates at each multiple of Δ from −Levels to Levels.</param>
/// <param name="Excess">Mean of f(w) − min f over iterates on the grid.</param>
/// <param name="AtMinimum">Share of iterates at the grid's best point.</param>
/// <param name="Deviation">Standard deviation of the iterates.</param>
internal sealed record AnnealingStage(
    Quantisation Scheme, double Rate, IReadOnlyList<double> Histogram, double Excess, double AtMinimum, double Deviation);

/// <summary>The annealing experiment: chains whose step shrinks from stage to stage.</summary>
internal static class Annealing
{
    public const double Step = 0.25;
    public const double Noise = 0.5;
    public static readonly double[] Rates = [1, 0.1, 0.01, 0.001];

    /// <summary>Runs a chain from the shallower well; of each stage the second half is looked at.</summary>
    /// <param name="scheme">SR or BC.</param>
    /// <param name="seeds">Number of chains, averaged.</param>
    /// <param name="mostSteps">Steps of a stage at most; otherwise 20,000 over the step size.</param>
    /// <param name="cancel">Cancels.</param>
    public static IReadOnlyList<AnnealingStage> Run(Quantisation scheme, int seeds, int mostSteps, CancellationToken cancel)
    {
        var grid = GridDescent.Grid(Step);
        var well = new DoubleWell(Noise);
        var counts = new double[Rates.Length, (2 * grid.Levels) + 1];
        for (var seed = 1; seed <= seeds; seed++)
        {
            var descent = new GridDescent(scheme, grid, well, [1], seed);
            for (var stage = 0; stage < Rates.Length; stage++)
            {
                cancel.ThrowIfCancellationRequested();
                var steps = (int)Math.Min(mostSteps, 20_000 / Rates[stage]);
                for (var t = 0; t < steps; t++)
                {
                    descent.Step(Rates[stage]);
                    if (2 * t >= steps)
                    {
                        counts[stage, (int)Math.Round(grid.Round((float)descent.Weights[0]) / grid.Step) + grid.Levels] += 2.0 / steps / seeds;
                    }
                }
            }
        }

        return [.. Rates.Select((rate, stage) => Describe(scheme, rate, [.. Enumerable.Range(0, (2 * grid.Levels) + 1).Select(k => counts[stage, k])], grid))];
    }

    /// <summary>Sums a histogram up.</summary>
    public static AnnealingStage Describe(Quantisation scheme, double rate, IReadOnlyList<double> histogram, WeightGrid grid)
    {
        double At(int k) => (k - grid.Levels) * (double)grid.Step;
        var best = Enumerable.Range(0, histogram.Count).MinBy(k => DoubleWell.Value(At(k)));
        var mean = histogram.Select((share, k) => share * At(k)).Sum();
        return new AnnealingStage(
            scheme, rate, histogram,
            histogram.Select((share, k) => share == 0 ? 0 : share * (DoubleWell.Value(At(k)) - DoubleWell.Value(DoubleWell.Minimum))).Sum(),
            histogram[best], Math.Sqrt(histogram.Select((share, k) => share * (At(k) - mean) * (At(k) - mean)).Sum()));
    }
}
