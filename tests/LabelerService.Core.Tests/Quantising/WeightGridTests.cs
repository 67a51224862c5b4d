using LabelerService.Core.Quantising;

namespace LabelerService.Core.Tests.Quantising;

public sealed class WeightGridTests
{
    public static TheoryData<int> AllBits => [.. Enumerable.Range(1, WeightGrid.MostBits)];

    [Theory]
    [MemberData(nameof(AllBits))]
    public void Rounding_gives_the_nearest_value_of_the_grid(int bits)
    {
        var grid = new WeightGrid(bits, 0.037);
        float[] values = bits == 1 ? [-grid.Step, grid.Step] : [.. Enumerable.Range(-grid.Levels, (2 * grid.Levels) + 1).Select(k => k * grid.Step)];
        Assert.Equal(bits == 1 ? 2 : (1 << bits) - 1, values.Length);
        for (var x = -1.5f * grid.End; x < 1.5f * grid.End; x += grid.Step / 7.3f)
        {
            var nearest = values.MinBy(value => Math.Abs(value - x));
            Assert.Equal(nearest, grid.Round(x));
        }
    }

    [Theory]
    [MemberData(nameof(AllBits))]
    public void Values_on_the_grid_stay_whichever_way_they_are_rounded(int bits)
    {
        var grid = new WeightGrid(bits, 0.0123);
        for (var k = -grid.Levels; k <= grid.Levels; k += bits == 1 ? 2 : 1)
        {
            var value = k * grid.Step;
            Assert.Equal(value, grid.Round(value));
            Assert.Equal(value, grid.RoundStochastically(value, 0));
            Assert.Equal(value, grid.RoundStochastically(value, 0.999999999));
            Assert.Equal(k, value / grid.Step);
            // Deviations of heads are differences of values on the grid.
            Assert.Equal(-grid.End, value - (value + grid.End));
        }
    }

    [Theory]
    [MemberData(nameof(AllBits))]
    public void Stochastic_rounding_is_to_a_neighbour_and_unbiased(int bits)
    {
        const int draws = 4000;
        var grid = new WeightGrid(bits, 0.05);
        var gap = bits == 1 ? 2 * grid.Step : grid.Step;
        foreach (var share in (float[])[-0.99f, -0.41f, -0.013f, 0, 0.27f, 0.5f, 0.88f])
        {
            var x = share * grid.End;
            var sum = 0.0;
            for (var i = 0; i < draws; i++)
            {
                // Stratified: the sum is off by one neighbour at most.
                var rounded = grid.RoundStochastically(x, (i + 0.5) / draws);
                Assert.True(Math.Abs(rounded - x) <= gap);
                Assert.Equal(rounded, grid.Round(rounded));
                sum += rounded;
            }

            Assert.Equal(x, sum / draws, 1.01 * gap / draws);
        }
    }

    [Fact]
    public void Beyond_the_ends_everything_is_the_end()
    {
        var grid = new WeightGrid(3, 0.1);

        Assert.Equal(grid.End, grid.Round(7));
        Assert.Equal(-grid.End, grid.RoundStochastically(-7, 0.999));
        Assert.Equal(grid.End, grid.Clip(7));
        Assert.Equal(0.01f, grid.Clip(0.01f));
    }

    /// <summary>No other end of the grid loses noticeably less of normal weights, by numerical integration.</summary>
    [Theory]
    [MemberData(nameof(AllBits))]
    public void The_grid_ends_where_normal_weights_lose_least(int bits)
    {
        var meanSize = Math.Sqrt(2 / Math.PI);
        var chosen = Error(1);
        for (var factor = 0.7; factor < 1.45; factor += 0.05)
        {
            Assert.True(chosen <= Error(factor) * 1.005, $"{factor}: {Error(factor)} < {chosen}");
        }

        double Error(double factor)
        {
            var grid = new WeightGrid(bits, meanSize * factor);
            var sum = 0.0;
            const double width = 0.002;
            for (var x = width / 2; x < 8; x += width)
            {
                var error = x - grid.Round((float)x);
                sum += error * error * Math.Exp(-x * x / 2) * width;
            }

            return sum;
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    public void There_are_one_to_eight_bits(int bits) => Assert.Throws<ArgumentOutOfRangeException>(() => new WeightGrid(bits, 1));
}
