using LabelerService.Learning.Numerics;
using static TorchSharp.torch;

namespace LabelerService.Learning.Algorithms.Consensus;

/// <summary>
/// Softmax regression with soft labels and a ridge penalty (not on biases): the mean of −Σ_k t_k ln p_k plus λ/2 · Σ w², convex, by
/// L-BFGS (Liu, Nocedal 1989) with an Armijo line search. Deterministic; keeps its values between fits.
/// </summary>
internal sealed class SoftmaxRegression(int features, int classes, double ridge)
{
    private const int History = 8;
    private const double EnoughDecrease = 1e-4;
    private const double SmallestGradient = 1e-5;

    private readonly double[] _values = new double[(features + 1) * classes];

    /// <summary>Weights [D, K], then biases [K].</summary>
    public Span<double> Values => _values;

    /// <summary>Weight [K, D], float32.</summary>
    public Tensor Weight() => tensor(_values).narrow(0, 0, features * classes).view(features, classes).t().contiguous().to(ScalarType.Float32);

    /// <summary>Bias [K], float32.</summary>
    public Tensor Bias() => tensor(_values).narrow(0, features * classes, classes).to(ScalarType.Float32);

    /// <summary>Class distributions [N, K], float64, of items [N, D].</summary>
    public Tensor Predict(Tensor items) => items.mm(Weight().t().to(items.dtype)).to(ScalarType.Float64).Plus(Bias().to(ScalarType.Float64)).softmax(1);

    /// <summary>Descends from the present values.</summary>
    /// <param name="items">Features [n, D].</param>
    /// <param name="targets">Class distributions [n, K].</param>
    /// <param name="iterations">Most steps.</param>
    public void Fit(Tensor items, Tensor targets, int iterations)
    {
        var gradient = new double[_values.Length];
        var loss = Loss(items, targets, _values, gradient);
        var steps = new LinkedList<(double[] Step, double[] Change, double Product)>();
        for (var iteration = 0; iteration < iterations && Norm(gradient) > SmallestGradient; iteration++)
        {
            var direction = Direction(gradient, steps);
            var slope = Dot(direction, gradient);
            if (slope >= 0)
            {
                // Rounding spoilt the history: start over downhill.
                steps.Clear();
                direction = Array.ConvertAll(gradient, value => -value);
                slope = Dot(direction, gradient);
            }

            var (moved, movedGradient) = (new double[_values.Length], new double[_values.Length]);
            var length = steps.Count == 0 ? Math.Min(1, 1 / Norm(gradient)) : 1.0;
            double movedLoss;
            while (true)
            {
                for (var i = 0; i < moved.Length; i++)
                {
                    moved[i] = _values[i] + (length * direction[i]);
                }

                movedLoss = Loss(items, targets, moved, movedGradient);
                if (movedLoss <= loss + (EnoughDecrease * length * slope))
                {
                    break;
                }

                length /= 2;
                if (length < 1e-10)
                {
                    // Nothing lower within single precision: this is the minimum.
                    return;
                }
            }

            var step = Difference(moved, _values);
            var change = Difference(movedGradient, gradient);
            if (Dot(step, change) is > 1e-14 and var product)
            {
                steps.AddLast((step, change, product));
                if (steps.Count > History)
                {
                    steps.RemoveFirst();
                }
            }

            moved.CopyTo(_values, 0);
            movedGradient.CopyTo(gradient, 0);
            loss = movedLoss;
        }
    }

    /// <summary>The loss at some values; fills its gradient.</summary>
    internal double Loss(Tensor items, Tensor targets, double[] values, double[] gradient)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var all = tensor(values);
        var weight = all.narrow(0, 0, features * classes).view(features, classes);
        var logits = items.mm(weight.to(items.dtype)).to(ScalarType.Float64).Plus(all.narrow(0, features * classes, classes));
        var logProbabilities = logits.log_softmax(1);
        var scale = 1.0 / items.shape[0];
        var slopes = logProbabilities.exp().sub(targets).Times(scale);
        var weightGradient = items.t().mm(slopes.to(items.dtype)).to(ScalarType.Float64).Plus(weight.Times(ridge));
        weightGradient.reshape(-1).data<double>().CopyTo(gradient, 0);
        slopes.sum([0]).data<double>().CopyTo(gradient, features * classes);
        return (-logProbabilities.mul(targets).sum().Value() * scale) + (ridge / 2 * weight.Squared().sum().Value());
    }

    // The two-loop recursion: −H g for the inverse Hessian that the last steps suggest.
    private static double[] Direction(double[] gradient, LinkedList<(double[] Step, double[] Change, double Product)> steps)
    {
        var direction = Array.ConvertAll(gradient, value => -value);
        var shares = new Stack<double>();
        for (var node = steps.Last; node is not null; node = node.Previous)
        {
            var share = Dot(node.Value.Step, direction) / node.Value.Product;
            shares.Push(share);
            Add(direction, node.Value.Change, -share);
        }

        if (steps.Last is { } last)
        {
            var scale = last.Value.Product / Dot(last.Value.Change, last.Value.Change);
            for (var i = 0; i < direction.Length; i++)
            {
                direction[i] *= scale;
            }
        }

        for (var node = steps.First; node is not null; node = node.Next)
        {
            Add(direction, node.Value.Step, shares.Pop() - (Dot(node.Value.Change, direction) / node.Value.Product));
        }

        return direction;
    }

    private static double Dot(double[] x, double[] y)
    {
        var sum = 0.0;
        for (var i = 0; i < x.Length; i++)
        {
            sum += x[i] * y[i];
        }

        return sum;
    }

    private static double Norm(double[] x) => Math.Sqrt(Dot(x, x));

    private static void Add(double[] to, double[] what, double factor)
    {
        for (var i = 0; i < to.Length; i++)
        {
            to[i] += factor * what[i];
        }
    }

    private static double[] Difference(double[] x, double[] y)
    {
        var difference = new double[x.Length];
        for (var i = 0; i < x.Length; i++)
        {
            difference[i] = x[i] - y[i];
        }

        return difference;
    }
}
