using LabelerService.Core.Quantising;

namespace LabelerService.Core.Tests.Quantising;

public sealed class StoredWeightsTests
{
    [Fact]
    public void Eight_bits_lose_at_most_half_a_step_and_nothing_the_second_time()
    {
        var random = new Random(5);
        float[] weights = [.. Enumerable.Range(0, 300).Select(_ => (float)((random.NextDouble() - 0.5) * 3))];
        var codes = new sbyte[weights.Length];
        var scale = StoredWeights.ToInt8(weights, codes);

        Assert.Equal(weights.Max(Math.Abs) / 127, scale, 1e-9f);
        float[] stored = [.. codes.Select(code => code * scale)];
        Assert.All(weights.Zip(stored), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= 0.5001f * scale));

        var again = new sbyte[weights.Length];
        var same = StoredWeights.ToInt8(stored, again);
        Assert.All(stored.Zip(again), pair => Assert.Equal(pair.First, pair.Second * same, 1e-6f * weights.Max(Math.Abs)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(8)]
    public void Weights_on_a_grid_lose_nothing(int bits)
    {
        var grid = new WeightGrid(bits, 0.071);
        var random = new Random(bits);
        // The ends need not be reached, and a sum of two floats may be off its grid by a last digit.
        float[] weights = [.. Enumerable.Range(0, 50).Select(_ => grid.Round((float)(random.NextDouble() - 0.5) * grid.End) * 1.0000001f)];
        var codes = new sbyte[weights.Length];
        var scale = StoredWeights.ToInt8(weights, codes);

        Assert.All(weights.Zip(codes), pair => Assert.Equal(pair.First, pair.Second * scale, 3e-7f * grid.End));
    }

    [Fact]
    public void A_unit_of_zeros_is_stored_as_such()
    {
        sbyte[] codes = [1, 2, 3];

        Assert.Equal(0, StoredWeights.ToInt8([0, 0, 0], codes));
        Assert.Equal([0, 0, 0], codes);
        Assert.Equal(0, StoredWeights.BinarySize([0, 0]));
    }

    [Fact]
    public void Signs_are_packed_eight_to_a_byte_lowest_bit_first()
    {
        Assert.Equal([0b0000_0101, 0b0000_0001], StoredWeights.Pack([1, -1, 0, -1, -1, -1, -1, -1, 2]));
        Assert.Equal(2f, StoredWeights.BinarySize([2, -2, 2]));
        Assert.Null(StoredWeights.BinarySize([2, -2, 0]));
        Assert.Null(StoredWeights.BinarySize([2, -2, float.NaN]));
    }
}
