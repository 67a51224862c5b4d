using System.Numerics;
using System.Runtime.InteropServices;

namespace LabelerService.Learning.Training;

/// <summary>
/// One step of Adam (Kingma, Ba 2015, algorithm 1) and of the running mean, θ ← θ − rate · m / (√v + ε) with the bias corrections of m
/// and v multiplied out.
/// </summary>
/// <param name="Rate">Step size, corrected.</param>
/// <param name="Epsilon">ε, corrected.</param>
/// <param name="Share">How far the running mean moves towards the new values.</param>
/// <param name="Rest">What is left of the mean's distance from the old values when the step begins: less than 1 after a rest.</param>
internal readonly record struct AdamRule(float Rate, float Epsilon, float Share, float Rest = 1)
{
    private const float Beta1 = 0.9f;
    private const float Beta2 = 0.999f;
    private const double SmallNumber = 1e-8;

    /// <summary>The rule of the step-th step of some parameters, from 1.</summary>
    public static AdamRule At(double learningRate, long step, double share)
    {
        var correction = Math.Sqrt(1 - Math.Pow(Beta2, step));
        return new AdamRule(
            (float)(learningRate * correction / (1 - Math.Pow(Beta1, step))), (float)(SmallNumber * correction), (float)share);
    }

    /// <summary>Decay of the running mean at a step: rises as (1 + t)/(10 + t) up to its bound.</summary>
    public static double DecayAt(double bound, long step) => bound == 0 ? 0 : Math.Min(bound, (1.0 + step) / (10.0 + step));

    /// <summary>One minus the decay.</summary>
    public static double ShareAt(double bound, long step) => 1 - DecayAt(bound, step);

    /// <summary>Moves parameters, their moments and their mean; clears the gradient.</summary>
    public void Apply(Span<float> parameters, Span<float> gradient, Span<float> average, Span<float> mean, Span<float> square)
    {
        var vectors = parameters.Length / Vector<float>.Count;
        var p = MemoryMarshal.Cast<float, Vector<float>>(parameters);
        var g = MemoryMarshal.Cast<float, Vector<float>>(gradient)[..vectors];
        var a = MemoryMarshal.Cast<float, Vector<float>>(average)[..vectors];
        var m = MemoryMarshal.Cast<float, Vector<float>>(mean)[..vectors];
        var v = MemoryMarshal.Cast<float, Vector<float>>(square)[..vectors];
        var epsilons = new Vector<float>(Epsilon);
        for (var i = 0; i < p.Length; i++)
        {
            var (slope, old) = (g[i], p[i]);
            var first = m[i] + ((slope - m[i]) * (1 - Beta1));
            var second = v[i] + (((slope * slope) - v[i]) * (1 - Beta2));
            var moved = old - (first * Rate / (Vector.SquareRoot(second) + epsilons));
            var rested = Rest == 1 ? a[i] : old + ((a[i] - old) * Rest);
            m[i] = first;
            v[i] = second;
            p[i] = moved;
            a[i] = rested + ((moved - rested) * Share);
            g[i] = Vector<float>.Zero;
        }

        for (var i = vectors * Vector<float>.Count; i < parameters.Length; i++)
        {
            mean[i] += (gradient[i] - mean[i]) * (1 - Beta1);
            square[i] += ((gradient[i] * gradient[i]) - square[i]) * (1 - Beta2);
            var rested = Rest == 1 ? average[i] : parameters[i] + ((average[i] - parameters[i]) * Rest);
            parameters[i] -= mean[i] * Rate / (MathF.Sqrt(square[i]) + Epsilon);
            average[i] = rested + ((parameters[i] - rested) * Share);
            gradient[i] = 0;
        }
    }
}
