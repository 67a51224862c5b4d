using LabelerService.Learning.Numerics;
using LabelerService.Learning.Tests.Losses;
using LabelerService.Learning.Unsupervised;
using static TorchSharp.torch;

namespace LabelerService.Learning.Tests.Unsupervised;

/// <summary>Objectives of given outputs: closed forms where there are some, finite differences in double precision everywhere.</summary>
public sealed class ObjectiveTests
{
    private const double Exactly = 1e-9;

    // So small that the kernel's width is where a difference of outputs cannot be told from its exact fixed point.
    private const double FixedPoint = 1e-14;

    [Fact]
    public void The_gradient_of_one_node_is_that_of_the_information_it_carries()
    {
        using var scope = NewDisposeScope();
        var y = Draw(1, 9, 1).Times(2).Plus(0.7);

        GradientCheck.Compare(y, new BingoObjective(1).Evaluate(y).Gradient, at => tensor(-new BingoObjective(1).Score(at)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void The_gradient_is_that_of_the_information_gain_over_what_was_expected(int outputs)
    {
        using var scope = NewDisposeScope();
        var y = Draw(2, 8, outputs).Times(1.5);
        var expected = BingoObjective.Expected(y);

        GradientCheck.Compare(y, new BingoObjective(1).Evaluate(y).Gradient, at => BingoObjective.Gain(at, expected).sum().Times(-1.0 / 8));
    }

    [Fact]
    public void Two_nodes_expect_each_other_by_their_correlation_and_themselves_to_be_their_opposite()
    {
        using var scope = NewDisposeScope();
        // Means 1 and 10, deviations 1 and 2, correlation 0: each is expected at its mirror image.
        var independent = tensor(new[] { 0.0, 8, 0, 12, 2, 8, 2, 12 }, 4, 2);
        Assert.Equal([2.0, 12, 2, 8, 0, 12, 0, 8], Values(BingoObjective.Expected(independent)), Near);

        // The same split twice: y − ŷ = (3 − 2) (y − ⟨y⟩), half as much as for two nodes with nothing in common.
        var same = tensor(new[] { -1.0, -1, 1, 1 }, 2, 2);
        Assert.Equal([0.0, 0, 0, 0], Values(BingoObjective.Expected(same)), Near);
    }

    [Fact]
    public void A_node_that_splits_items_in_halves_carries_a_bit_and_one_with_all_on_one_side_nothing()
    {
        using var scope = NewDisposeScope();
        var bingo = new BingoObjective(1);
        Assert.Equal(Math.Log(2), bingo.Score(tensor(new[] { -900.0, 900, -900, 900 }, 4, 1)), Exactly);
        Assert.Equal(0, bingo.Score(tensor(new[] { 900.0, 900, 900, 900 }, 4, 1)), Exactly);
        Assert.Equal(0, bingo.Score(zeros([4, 1], ScalarType.Float64)), Exactly);
        // Two nodes with the same split carry one bit together, two with different ones two.
        Assert.Equal(Math.Log(2), bingo.Score(tensor(new[] { -900.0, -900, 900, 900, -900, -900, 900, 900 }, 4, 2)), Exactly);
        Assert.Equal(2 * Math.Log(2), bingo.Score(tensor(new[] { -900.0, -900, -900, 900, 900, -900, 900, 900 }, 4, 2)), Exactly);
    }

    [Fact]
    public void Saturated_outputs_no_longer_move_and_nothing_becomes_infinite()
    {
        using var scope = NewDisposeScope();
        var y = tensor(new[] { -1000.0, 1000, 0.5 }, 3, 1);
        var gradient = Values(new BingoObjective(1).Evaluate(y).Gradient);

        Assert.Equal([0.0, 0], gradient[..2]);
        Assert.NotEqual(0, gradient[2]);
        Assert.True(double.IsFinite(gradient[2]));
    }

    [Fact]
    public void The_entropy_of_two_outputs_is_worked_out_by_hand()
    {
        using var scope = NewDisposeScope();
        // Each has the other as its only kernel: the likeliest width is their distance 2, so −ln p̂ = ½ ln 2π + ln 2 + ½; their variance is 1.
        var neo = new NeoObjective(0.01, tolerance: FixedPoint);
        var y = tensor(new[] { -1.0, 1 }, 2, 1);
        Assert.Equal(2, neo.Width(y), Exactly);
        Assert.Equal((0.5 * Math.Log(2 * Math.PI)) + Math.Log(2) + 0.5, -neo.Score(y), 1e-6);
    }

    [Fact]
    public void The_width_of_the_kernel_is_the_one_that_makes_the_outputs_likeliest()
    {
        using var scope = NewDisposeScope();
        var y = Draw(3, 20, 2);
        var width = new NeoObjective(0.001, tolerance: FixedPoint).Width(y);
        var best = Entropy(y, width);

        Assert.True(Entropy(y, width * 1.01) > best && Entropy(y, width * 0.99) > best, $"{width}");
        Assert.Equal(best - (0.5 * LogDeterminant(y)), -new NeoObjective(0.001, tolerance: FixedPoint).Score(y), 1e-5);
    }

    [Theory]
    [InlineData(1, 0.001)]
    [InlineData(2, 0.001)]
    [InlineData(3, 0.001)]
    [InlineData(1, 0.9)]
    [InlineData(2, 0.9)]
    public void The_gradient_of_the_entropy_is_exact_with_the_width_following_the_outputs_or_at_its_floor(int outputs, double floor)
    {
        using var scope = NewDisposeScope();
        var y = Draw(4, 10, outputs);
        var neo = new NeoObjective(floor, tolerance: FixedPoint);
        Assert.Equal(floor == 0.9, neo.Width(y) == floor);

        GradientCheck.Compare(y, neo.Evaluate(y).Gradient, at => tensor(-neo.Score(at)));
    }

    [Fact]
    public void Entropy_at_a_given_spread_is_lower_for_clusters_than_for_a_normal_density_and_the_scale_does_not_matter_but_for_the_floor()
    {
        using var scope = NewDisposeScope();
        var neo = new NeoObjective(0.001);
        var spread = ReadOut.Standardise(Draw(5, 200, 1), 1);
        var noise = Draw(6, 200, 1).Times(0.1);
        var clusters = ReadOut.Standardise(cat([noise.narrow(0, 0, 100).Plus(1), noise.narrow(0, 100, 100).Plus(-1)], 0), 1);

        // A normal density of variance 1 has entropy ½ ln 2πe, and no density of that variance has more.
        Assert.InRange(-neo.Score(spread), 1.3, 1.6);
        Assert.True(-neo.Score(clusters) < 0.3, $"{-neo.Score(clusters)}");
    }

    [Fact]
    public void Equal_outputs_and_outputs_that_say_the_same_stay_finite()
    {
        using var scope = NewDisposeScope();
        var neo = new NeoObjective(0.1);
        var column = ReadOut.Standardise(Draw(7, 12, 1), 1);
        foreach (var y in new[] { zeros([12, 1], ScalarType.Float64), ReadOut.Standardise(zeros([12, 2], ScalarType.Float64), 1), cat([column, column], 1) })
        {
            var (loss, gradient) = neo.Evaluate(y);
            Assert.True(double.IsFinite(loss));
            Assert.All(Values(gradient), value => Assert.True(double.IsFinite(value)));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Standardised_outputs_have_the_spread_asked_for_and_a_gradient(int outputs)
    {
        using var scope = NewDisposeScope();
        var y = Draw(8, 6, outputs).Times(3).Plus(5);
        var weights = Draw(9, 6, outputs);
        var standard = ReadOut.Standardise(y, 2);

        Assert.Equal(Enumerable.Repeat(0.0, outputs), Values(standard.mean([0])), Near);
        Assert.Equal(Enumerable.Repeat(4.0, outputs), Values(standard.Squared().mean([0])), Near);
        GradientCheck.Check(y, at => ReadOut.Standardise(at, 2).mul(weights).sum());
    }

    private static bool Near(double one, double other) => Math.Abs(one - other) < Exactly;

    private static Tensor Draw(long seed, long items, long outputs)
    {
        using var generator = new Generator((ulong)seed);
        return empty([items, outputs], ScalarType.Float64).normal_(0, 1, generator);
    }

    private static double[] Values(Tensor values) => values.contiguous().data<double>().ToArray();

    // By plain loops over the definition.
    private static double Entropy(Tensor outputs, double width)
    {
        var (y, n, m) = (Values(outputs), (int)outputs.shape[0], (int)outputs.shape[1]);
        var sum = 0.0;
        for (var i = 0; i < n; i++)
        {
            var density = 0.0;
            for (var j = 0; j < n; j++)
            {
                var square = Enumerable.Range(0, m).Sum(k => Math.Pow(y[(i * m) + k] - y[(j * m) + k], 2));
                density += i == j ? 0 : Math.Exp(-square / (2 * width * width)) / Math.Pow(2 * Math.PI * width * width, m / 2.0);
            }

            sum -= Math.Log(density / (n - 1));
        }

        return sum / n;
    }

    private static double LogDeterminant(Tensor outputs)
    {
        var (y, n) = (Values(outputs), (int)outputs.shape[0]);
        double[] mean = [Enumerable.Range(0, n).Average(i => y[2 * i]), Enumerable.Range(0, n).Average(i => y[(2 * i) + 1])];
        double Covariance(int a, int b) => Enumerable.Range(0, n).Average(i => (y[(2 * i) + a] - mean[a]) * (y[(2 * i) + b] - mean[b]));
        return Math.Log((Covariance(0, 0) * Covariance(1, 1)) - Math.Pow(Covariance(0, 1), 2));
    }
}
