using LabelerService.Core.Training;

namespace LabelerService.Benchmarks.Quantized;

/// <summary>F(w) = ½ ‖w − w*‖², gradients seen with normal noise: μ = 1, and the Hessian is constant, L₂ = 0.</summary>
internal sealed class NoisyQuadratic(double[] minimum, double noise) : INoisyProblem
{
    public int Dimensions => minimum.Length;

    public double Value(ReadOnlySpan<double> w)
    {
        var sum = 0.0;
        for (var i = 0; i < w.Length; i++)
        {
            sum += (w[i] - minimum[i]) * (w[i] - minimum[i]) / 2;
        }

        return sum;
    }

    public void Gradient(ReadOnlySpan<double> w, Random random, Span<double> gradient)
    {
        for (var i = 0; i < w.Length; i++)
        {
            gradient[i] = w[i] - minimum[i] + (noise * GridDescent.Normal(random));
        }
    }
}

/// <summary>Logistic regression on points drawn once, one point a step: F(w) = mean ln(1 + exp(−y x·w)) + μ/2 ‖w‖².</summary>
internal sealed class LogisticProblem : INoisyProblem
{
    public const double Convexity = 0.1;
    private readonly double[][] _points;

    /// <summary>Draws points y x, so that every label is 1.</summary>
    public LogisticProblem(int points, int dimensions, int seed)
    {
        var random = new Random(seed);
        double[] truth = [.. Enumerable.Range(0, dimensions).Select(_ => GridDescent.Normal(random))];
        _points = new double[points][];
        for (var n = 0; n < points; n++)
        {
            double[] x = [.. Enumerable.Range(0, dimensions).Select(_ => GridDescent.Normal(random) / Math.Sqrt(dimensions))];
            var sign = x.Zip(truth, (a, b) => a * b).Sum() + (0.3 * GridDescent.Normal(random)) < 0 ? -1 : 1;
            _points[n] = [.. x.Select(value => sign * value)];
        }

        Dimensions = dimensions;
        Minimum = Minimise();
    }

    public int Dimensions { get; }

    /// <summary>w*.</summary>
    public double[] Minimum { get; }

    /// <summary>L₂, how fast the Hessian changes: at most max |σ''| = 1/(6√3) times max ‖x‖³.</summary>
    public double HessianLipschitz => Math.Pow(_points.Max(x => Math.Sqrt(x.Sum(value => value * value))), 3) / (6 * Math.Sqrt(3));

    public double Value(ReadOnlySpan<double> w)
    {
        var (sum, square) = (0.0, 0.0);
        foreach (var x in _points)
        {
            var margin = Dot(x, w);
            sum += margin > 0 ? Math.Log(1 + Math.Exp(-margin)) : Math.Log(1 + Math.Exp(margin)) - margin;
        }

        foreach (var weight in w)
        {
            square += weight * weight;
        }

        return (sum / _points.Length) + (Convexity / 2 * square);
    }

    public void Gradient(ReadOnlySpan<double> w, Random random, Span<double> gradient)
    {
        var x = _points[random.Next(_points.Length)];
        var slope = -1 / (1 + Math.Exp(Dot(x, w)));
        for (var i = 0; i < w.Length; i++)
        {
            gradient[i] = (slope * x[i]) + (Convexity * w[i]);
        }
    }

    private double[] Minimise()
    {
        // The Hessian is at most ¼ max ‖x‖² + μ, so this step always goes down, and linearly.
        var step = 1 / ((_points.Max(x => x.Sum(value => value * value)) / 4) + Convexity);
        var w = new double[Dimensions];
        for (var t = 0; t < 3000; t++)
        {
            var gradient = new double[Dimensions];
            foreach (var x in _points)
            {
                var slope = -1 / (1 + Math.Exp(Dot(x, w)));
                for (var i = 0; i < w.Length; i++)
                {
                    gradient[i] += slope * x[i] / _points.Length;
                }
            }

            for (var i = 0; i < w.Length; i++)
            {
                w[i] -= step * (gradient[i] + (Convexity * w[i]));
            }
        }

        return w;
    }

    private static double Dot(double[] x, ReadOnlySpan<double> w)
    {
        var sum = 0.0;
        for (var i = 0; i < x.Length; i++)
        {
            sum += x[i] * w[i];
        }

        return sum;
    }
}

/// <summary>How far above the minimum a scheme ends on a convex problem, and what the theory allows.</summary>
/// <param name="Problem">quadratic or logistic.</param>
/// <param name="Scheme">SR, BC or None.</param>
/// <param name="Step">Δ.</param>
/// <param name="Error">Mean of F(w̄_T) − F* over seeds, w̄_T the mean of the iterates that steps move.</param>
/// <param name="Bound">(1 + ln(T + 1)) G² / (2μT) + floor.</param>
/// <param name="Floor">√d Δ G / 2 for SR, D L₂ √d Δ / 2 for BC.</param>
internal sealed record ConvexFloor(string Problem, Quantisation Scheme, double Step, double Error, double Bound, double Floor);

/// <summary>
/// Strongly convex problems with steps 1/(μ(t + 1)) (Li et al.: Training Quantized Nets. NIPS 2017, section 4, theorems on SR and BC): SR's
/// error has a floor that grows with Δ, BC's is that of the Hessian's change, nothing for quadratics.
/// </summary>
internal static class ConvexFloors
{
    private const int Dimensions = 10;

    /// <summary>Measures a problem.</summary>
    public static ConvexFloor Measure(string problem, Quantisation scheme, double step, int steps, int seeds, CancellationToken cancel)
    {
        var random = new Random(17);
        double[] target = [.. Enumerable.Range(0, Dimensions).Select(_ => (random.NextDouble() - 0.5) * 2)];
        var logistic = problem == "logistic" ? new LogisticProblem(200, Dimensions, 17) : null;
        INoisyProblem noisy = logistic is null ? new NoisyQuadratic(target, 0.5) : logistic;
        var minimum = logistic?.Minimum ?? target;
        var convexity = logistic is null ? 1 : LogisticProblem.Convexity;
        var (error, gradient, distance) = (0.0, 0.0, 0.0);
        for (var seed = 1; seed <= seeds; seed++)
        {
            cancel.ThrowIfCancellationRequested();
            var descent = new GridDescent(scheme, GridDescent.Grid(step), noisy, new double[Dimensions], seed, stochastic: true);
            var mean = new double[Dimensions];
            for (var t = 0; t < steps; t++)
            {
                descent.Step(1 / (convexity * (t + 1)));
                for (var i = 0; i < mean.Length; i++)
                {
                    mean[i] += (descent.Weights[i] - mean[i]) / (t + 1);
                }

                distance = Math.Max(distance, Distance(descent.Weights, minimum));
            }

            error += (noisy.Value(mean) - noisy.Value(minimum)) / seeds;
            gradient = Math.Max(gradient, descent.LargestGradient);
        }

        var roots = Math.Sqrt(Dimensions) * GridDescent.Grid(step).Step / 2;
        var floor = scheme switch
        {
            Quantisation.Sr => roots * gradient,
            Quantisation.Bc => roots * distance * (logistic?.HessianLipschitz ?? 0),
            _ => 0,
        };
        return new ConvexFloor(
            problem, scheme, step, error, ((1 + Math.Log(steps + 1)) * gradient * gradient / (2 * convexity * steps)) + floor, floor);
    }

    private static double Distance(ReadOnlySpan<double> a, double[] b)
    {
        var sum = 0.0;
        for (var i = 0; i < b.Length; i++)
        {
            sum += (a[i] - b[i]) * (a[i] - b[i]);
        }

        return Math.Sqrt(sum);
    }
}
