using LabelerService.Learning.Numerics;
using static TorchSharp.torch;

namespace LabelerService.Learning.Tests.Losses;

/// <summary>Compares gradients that libtorch gives with central differences, in double precision.</summary>
internal static class GradientCheck
{
    private const double Step = 1e-5;
    private const double Tolerance = 1e-7;

    /// <summary>Checks the gradient of a scalar function at a point.</summary>
    public static void Check(Tensor at, Func<Tensor, Tensor> function)
    {
        using var scope = NewDisposeScope();
        var variable = at.detach().clone().requires_grad_(true);
        function(variable).backward();
        Compare(at, variable.grad!, function);
    }

    /// <summary>Checks a gradient given in closed form.</summary>
    public static void Compare(Tensor at, Tensor gradient, Func<Tensor, Tensor> function)
    {
        using var scope = NewDisposeScope();
        var point = at.detach().reshape(-1).data<double>().ToArray();
        var analytic = gradient.reshape(-1).data<double>().ToArray();
        for (var i = 0; i < point.Length; i++)
        {
            var numeric = (Value(i, Step) - Value(i, -Step)) / (2 * Step);
            Assert.True(Math.Abs(numeric - analytic[i]) <= Tolerance * Math.Max(1, Math.Abs(numeric)), $"[{i}]: {analytic[i]}, not {numeric}");
        }

        double Value(int index, double offset)
        {
            var moved = (double[])point.Clone();
            moved[index] += offset;
            return function(tensor(moved, at.shape)).Value();
        }
    }
}
