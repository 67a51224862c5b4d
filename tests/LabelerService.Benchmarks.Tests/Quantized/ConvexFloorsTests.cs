using LabelerService.Benchmarks.Quantized;
using LabelerService.Core.Training;

namespace LabelerService.Benchmarks.Tests.Quantized;

/// <summary>The bounds of Li et al. (NIPS 2017, section 4), and that the floor of stochastic rounding is there.</summary>
public sealed class ConvexFloorsTests
{
    private const int Steps = 4000;

    [Theory]
    [InlineData("quadratic")]
    [InlineData("logistic")]
    public void Errors_are_within_their_bounds_and_only_those_of_stochastic_rounding_grow_with_the_grid(string problem)
    {
        var plain = Measure(Quantisation.None, 0.4);
        ConvexFloor[] accumulated = [Measure(Quantisation.Bc, 0.1), Measure(Quantisation.Bc, 0.4)];
        ConvexFloor[] rounded = [Measure(Quantisation.Sr, 0.1), Measure(Quantisation.Sr, 0.4)];

        Assert.All([plain, .. accumulated, .. rounded], floor => Assert.InRange(floor.Error, 0, floor.Bound));
        Assert.True(rounded[1].Error > 2 * rounded[0].Error, $"{rounded[0].Error} {rounded[1].Error}");
        Assert.True(rounded[0].Error > 5 * accumulated[0].Error, $"{rounded[0].Error} {accumulated[0].Error}");
        // BC ends about where float weights do; for quadratics its floor is nothing.
        Assert.InRange(accumulated[1].Error, 0, 6 * plain.Error);
        Assert.Equal(problem == "quadratic", accumulated[1].Floor == 0);

        ConvexFloor Measure(Quantisation scheme, double step) => ConvexFloors.Measure(problem, scheme, step, Steps, seeds: 3, default);
    }

    [Fact]
    public void The_minimum_of_the_logistic_problem_is_one()
    {
        var problem = new LogisticProblem(60, 4, 3);
        var least = problem.Value(problem.Minimum);
        var random = new Random(2);
        for (var i = 0; i < 40; i++)
        {
            double[] near = [.. problem.Minimum.Select(w => w + (1e-3 * GridDescent.Normal(random)))];
            Assert.True(problem.Value(near) > least);
        }
    }
}
