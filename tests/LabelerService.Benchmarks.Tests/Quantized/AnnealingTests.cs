using System.Xml.Linq;
using LabelerService.Benchmarks.Quantized;
using LabelerService.Core.Training;

namespace LabelerService.Benchmarks.Tests.Quantized;

public sealed class AnnealingTests
{
    // Long enough for the chain to forget where it began at every step size but the smallest, which is left out where that matters.
    private const int Steps = 60_000;

    [Fact]
    public void The_iterates_of_BinaryConnect_concentrate_as_the_step_shrinks_and_those_of_stochastic_rounding_do_not()
    {
        var (accumulated, rounded) = (Annealing.Run(Quantisation.Bc, 2, Steps, default), Annealing.Run(Quantisation.Sr, 2, Steps, default));

        Assert.All(rounded.Concat(accumulated), stage => Assert.Equal(1, stage.Histogram.Sum(), 1e-9));
        // Both explore with large steps.
        Assert.InRange(rounded[0].Deviation, 0.7, 1.5);
        Assert.InRange(accumulated[0].Deviation, 0.7, 1.5);
        // At α = 0.01 BC is at the best point of a well, SR as spread as at 0.1.
        Assert.True(accumulated[2].Deviation < 0.25, $"{accumulated[2].Deviation}");
        Assert.True(rounded[2].Deviation > 0.5, $"{rounded[2].Deviation}");
        Assert.True(accumulated[2].Excess < rounded[2].Excess / 2, $"{accumulated[2].Excess} {rounded[2].Excess}");
    }

    [Fact]
    public void What_stochastic_rounding_goes_to_is_known_and_does_not_depend_on_the_step()
    {
        var grid = GridDescent.Grid(Annealing.Step);
        var limit = Annealing.Describe(Quantisation.Sr, 0, new DoubleWell(Annealing.Noise).Limit(grid), grid);
        var well = new DoubleWell(Annealing.Noise);
        var descent = new GridDescent(Quantisation.Sr, grid, well, [0], seed: 3);
        var (sum, squares) = (0.0, 0.0);
        const int steps = 400_000;
        for (var t = 0; t < steps; t++)
        {
            descent.Step(0.03);
            sum += descent.Weights[0];
            squares += descent.Weights[0] * descent.Weights[0];
        }

        // It forgets within about 30 steps of time 1/α = 33: some 400 independent looks at a deviation of 0.84.
        Assert.Equal(limit.Deviation, Math.Sqrt((squares / steps) - (sum / steps * sum / steps)), 0.12);
        Assert.Equal(1, limit.Histogram.Sum(), 1e-9);
    }

    [Fact]
    public void The_well_has_the_slope_of_its_value_and_its_minimum_where_it_says()
    {
        for (var w = -2.5; w < 2.5; w += 0.0917)
        {
            Assert.Equal((DoubleWell.Value(w + 1e-6) - DoubleWell.Value(w - 1e-6)) / 2e-6, DoubleWell.Slope(w), 1e-6);
            Assert.True(DoubleWell.Value(w) >= DoubleWell.Value(DoubleWell.Minimum));
        }

        Assert.Equal(0, DoubleWell.Slope(DoubleWell.Minimum), 1e-12);
    }

    [Fact]
    public void Deterministic_rounding_never_leaves_where_it_is_with_small_steps()
    {
        var grid = GridDescent.Grid(Annealing.Step);
        var descent = new GridDescent(Quantisation.R, grid, new NoisyQuadratic([3], 0), [1], seed: 1);
        for (var t = 0; t < 100; t++)
        {
            // Slope 2, grid 0.25: at 0.06 a step is 0.12.
            descent.Step(0.06);
        }

        Assert.Equal(1, descent.Weights[0], 1e-6);
        descent.Step(0.07);
        Assert.Equal(1.25, descent.Weights[0], 1e-5);
    }

    [Fact]
    public void The_plot_is_a_picture_with_a_panel_for_each_step_of_each_scheme()
    {
        var grid = GridDescent.Grid(Annealing.Step);
        var svg = XDocument.Parse(AnnealingPlot.Draw(
            [("SR", Annealing.Run(Quantisation.Sr, 1, 200, default)), ("BC", Annealing.Run(Quantisation.Bc, 1, 200, default))], grid));

        XNamespace ns = "http://www.w3.org/2000/svg";
        Assert.Equal(2 * Annealing.Rates.Length, svg.Descendants(ns + "polyline").Count());
        Assert.Contains(svg.Descendants(ns + "text"), text => text.Value == "α = 0.001");
    }
}
