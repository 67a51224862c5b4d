using LabelerService.Core.Quantising;
using LabelerService.Core.Training;

namespace LabelerService.Benchmarks.Quantized;

/// <summary>A problem in d weights whose gradient is seen with noise.</summary>
internal interface INoisyProblem
{
    /// <summary>Number of weights d.</summary>
    public int Dimensions { get; }

    /// <summary>F(w).</summary>
    public double Value(ReadOnlySpan<double> w);

    /// <summary>An unbiased estimate of the gradient at w.</summary>
    public void Gradient(ReadOnlySpan<double> w, Random random, Span<double> gradient);
}

/// <summary>
/// Stochastic gradient descent on a grid, plain steps, as the theory has it (Li et al.: Training Quantized Nets. NIPS 2017, section 3):
/// SR, w ← Q_s(w − αg(w)), or BC, w_r ← w_r − αg(Q(w_r)).
/// </summary>
internal sealed class GridDescent
{
    private readonly Quantisation _scheme;
    private readonly WeightGrid _grid;
    private readonly INoisyProblem _problem;
    private readonly Random _random;
    private readonly bool _stochastic;
    private readonly double[] _weights;
    private readonly double[] _deployed;
    private readonly double[] _gradient;

    /// <summary>Starts.</summary>
    /// <param name="scheme">SR or BC; R for comparison; None for float weights.</param>
    /// <param name="grid">The grid.</param>
    /// <param name="problem">What is minimised.</param>
    /// <param name="start">Where.</param>
    /// <param name="seed">Decides the noise and the roundings.</param>
    /// <param name="stochastic">Whether BC rounds stochastically for the gradient, as its theorem assumes, instead of to the nearest.</param>
    public GridDescent(Quantisation scheme, WeightGrid grid, INoisyProblem problem, ReadOnlySpan<double> start, int seed, bool stochastic = false)
    {
        (_scheme, _grid, _problem, _random, _stochastic) = (scheme, grid, problem, new Random(seed), stochastic);
        _weights = start.ToArray();
        _deployed = start.ToArray();
        _gradient = new double[problem.Dimensions];
    }

    /// <summary>The weights that steps move.</summary>
    public ReadOnlySpan<double> Weights => _weights;

    /// <summary>The weights on the grid.</summary>
    public ReadOnlySpan<double> Deployed => _scheme == Quantisation.None ? _weights : _deployed;

    /// <summary>Largest size of a gradient so far.</summary>
    public double LargestGradient { get; private set; }

    /// <summary>Goes one step of size α.</summary>
    public void Step(double rate)
    {
        for (var i = 0; i < _weights.Length; i++)
        {
            _deployed[i] = _scheme switch
            {
                Quantisation.None => _weights[i],
                Quantisation.Bc when _stochastic => _grid.RoundStochastically((float)_weights[i], _random.NextDouble()),
                _ => _grid.Round((float)_weights[i]),
            };
        }

        _problem.Gradient(_deployed, _random, _gradient);
        var square = 0.0;
        for (var i = 0; i < _weights.Length; i++)
        {
            square += _gradient[i] * _gradient[i];
            var moved = _weights[i] - (rate * _gradient[i]);
            _weights[i] = _scheme switch
            {
                Quantisation.Sr => _grid.RoundStochastically((float)moved, _random.NextDouble()),
                Quantisation.R => _grid.Round((float)moved),
                _ => moved,
            };
        }

        LargestGradient = Math.Max(LargestGradient, Math.Sqrt(square));
    }

    /// <summary>A grid of a given step, wide enough for what is done here: ±127 steps.</summary>
    public static WeightGrid Grid(double step)
    {
        var unit = new WeightGrid(WeightGrid.MostBits, 1);
        return new WeightGrid(WeightGrid.MostBits, step / unit.Step);
    }

    /// <summary>A standard normal number (Box and Muller 1958).</summary>
    public static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
