using LabelerService.Learning.Algorithms.Consensus;
using LabelerService.Learning.Numerics;
using static TorchSharp.torch;

namespace LabelerService.Learning.Tests.Algorithms.Consensus;

public sealed class SoftmaxRegressionTests : IDisposable
{
    private const int Items = 40, Length = 5, Classes = 3;
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly Generator _generator = new(4);

    public void Dispose()
    {
        _scope.Dispose();
        _generator.Dispose();
    }

    [Fact]
    public void The_gradient_is_that_of_finite_differences()
    {
        var (items, targets) = Draw();
        var regression = new SoftmaxRegression(Length, Classes, ridge: 0.3);
        var random = new Random(1);
        double[] at = [.. Enumerable.Range(0, (Length + 1) * Classes).Select(_ => random.NextDouble() - 0.5)];
        var gradient = new double[at.Length];
        regression.Loss(items, targets, at, gradient);

        const double Step = 1e-5;
        for (var i = 0; i < at.Length; i++)
        {
            double Moved(double by)
            {
                var moved = (double[])at.Clone();
                moved[i] += by;
                return regression.Loss(items, targets, moved, new double[at.Length]);
            }

            Assert.Equal((Moved(Step) - Moved(-Step)) / (2 * Step), gradient[i], 1e-7);
        }
    }

    [Fact]
    public void It_ends_where_the_gradient_is_nothing()
    {
        var (items, targets) = Draw();
        var regression = new SoftmaxRegression(Length, Classes, ridge: 0.01);
        regression.Fit(items, targets, 200);

        // Gradient of the mean loss with respect to the weights: Xᵀ(p − t)/n + λ w.
        var slopes = regression.Predict(items).sub(targets).Times(1.0 / Items);
        var weights = regression.Weight().t().to(ScalarType.Float64);
        var gradient = items.t().mm(slopes).Plus(weights.Times(0.01));
        Assert.True(gradient.abs().max().Value() < 1e-4);
        Assert.True(slopes.sum([0]).abs().max().Value() < 1e-4);
    }

    private (Tensor Items, Tensor Targets) Draw()
    {
        var items = randn(Items, Length, dtype: ScalarType.Float64, generator: _generator);
        var targets = rand(Items, Classes, dtype: ScalarType.Float64, generator: _generator);
        return (items, targets.div(targets.sum(1, keepdim: true)));
    }
}
