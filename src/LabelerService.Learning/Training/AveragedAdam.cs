using System.Numerics;
using System.Runtime.InteropServices;

namespace LabelerService.Learning.Training;

/// <summary>
/// Adam (Kingma, Ba 2015) and the running mean of weights (Polyak, Juditsky 1992) in one pass over flat memory. A small net's step is
/// bound by the number of passes and calls, not by arithmetic: this is one call where libtorch's operators are a dozen.
/// </summary>
/// <remarks>
/// The decay of the mean rises as (1 + t)/(10 + t) up to its bound: the mean is over about the last tenth of the steps while training is
/// short, so the initial weights are soon forgotten.
/// </remarks>
internal sealed class AveragedAdam(int length, double learningRate, double averageDecay)
{
    private const float Beta1 = 0.9f;
    private const float Beta2 = 0.999f;
    private const double Epsilon = 1e-8;
    private readonly float[] _mean = new float[length];
    private readonly float[] _square = new float[length];
    private long _steps;

    /// <summary>Moves parameters one step against the gradient, takes them into the mean and clears the gradient.</summary>
    /// <param name="parameters">Values to move.</param>
    /// <param name="gradient">Their gradient; all zero afterwards.</param>
    /// <param name="average">The running mean; the values themselves where its decay is 0.</param>
    public void Step(Span<float> parameters, Span<float> gradient, Span<float> average)
    {
        _steps++;
        // θ ← θ − rate · m̂ / (√v̂ + ε) with the bias corrections of m̂ and v̂ multiplied out.
        var correction = Math.Sqrt(1 - Math.Pow(Beta2, _steps));
        var rate = (float)(learningRate * correction / (1 - Math.Pow(Beta1, _steps)));
        var epsilon = (float)(Epsilon * correction);
        var share = averageDecay == 0 ? 1 : (float)(1 - Math.Min(averageDecay, (1.0 + _steps) / (10.0 + _steps)));

        var vectors = parameters.Length / Vector<float>.Count;
        var p = MemoryMarshal.Cast<float, Vector<float>>(parameters);
        var g = MemoryMarshal.Cast<float, Vector<float>>(gradient)[..vectors];
        var a = MemoryMarshal.Cast<float, Vector<float>>(average)[..vectors];
        var m = MemoryMarshal.Cast<float, Vector<float>>(_mean.AsSpan())[..vectors];
        var v = MemoryMarshal.Cast<float, Vector<float>>(_square.AsSpan())[..vectors];
        var epsilons = new Vector<float>(epsilon);
        for (var i = 0; i < p.Length; i++)
        {
            var slope = g[i];
            m[i] += (slope - m[i]) * (1 - Beta1);
            v[i] += ((slope * slope) - v[i]) * (1 - Beta2);
            p[i] -= m[i] * rate / (Vector.SquareRoot(v[i]) + epsilons);
            a[i] += (p[i] - a[i]) * share;
            g[i] = Vector<float>.Zero;
        }

        for (var i = vectors * Vector<float>.Count; i < parameters.Length; i++)
        {
            _mean[i] += (gradient[i] - _mean[i]) * (1 - Beta1);
            _square[i] += ((gradient[i] * gradient[i]) - _square[i]) * (1 - Beta2);
            parameters[i] -= _mean[i] * rate / (MathF.Sqrt(_square[i]) + epsilon);
            average[i] += (parameters[i] - average[i]) * share;
            gradient[i] = 0;
        }
    }
}
