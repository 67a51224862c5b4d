using LabelerService.Core.Quantising;

namespace LabelerService.Core.Tests.Quantising;

public sealed class BitMatrixTests
{
    public static TheoryData<int, int> Shapes => new()
    {
        { 1, 1 }, { 3, 8 }, { 5, 63 }, { 4, 64 }, { 7, 65 }, { 2, 127 }, { 10, 130 }, { 33, 784 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Products_with_floats_are_those_of_the_plain_matrix(int units, int inputs)
    {
        var (weights, random) = Draw(units, inputs);
        var matrix = new BitMatrix(weights, inputs);
        float[] x = [.. Enumerable.Range(0, inputs).Select(_ => (float)((random.NextDouble() * 4) - 2))];
        var (y, narrow) = (new float[units], new float[units]);
        // What is left in scratch memory does not matter.
        var scratch = new float[matrix.ScratchLength];
        Array.Fill(scratch, float.NaN);
        matrix.Multiply(x, y, scratch, wide: true);
        matrix.Multiply(x, narrow, scratch, wide: false);

        var size = x.Sum(value => Math.Abs((double)value)) * weights.Max(Math.Abs);
        for (var unit = 0; unit < units; unit++)
        {
            var expected = Enumerable.Range(0, inputs).Sum(i => (double)weights[(unit * inputs) + i] * x[i]);
            Assert.Equal(expected, y[unit], 1e-6 * size);
            Assert.Equal(expected, narrow[unit], 1e-6 * size);
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Products_with_bytes_are_exact(int units, int inputs)
    {
        var (weights, random) = Draw(units, inputs);
        var matrix = new BitMatrix(weights, inputs);
        sbyte[] x = [.. Enumerable.Range(0, inputs).Select(i => i == 0 ? sbyte.MinValue : (sbyte)random.Next(-128, 128))];
        var y = new float[units];
        var planes = new ulong[matrix.PlanesLength];
        Array.Fill(planes, ulong.MaxValue);
        matrix.Multiply(x, y, planes);

        for (var unit = 0; unit < units; unit++)
        {
            var own = weights.AsSpan(unit * inputs, inputs);
            var sum = 0;
            for (var i = 0; i < inputs; i++)
            {
                sum += own[i] < 0 ? -x[i] : x[i];
            }

            Assert.Equal(Math.Abs(own[0]) * sum, y[unit]);
        }
    }

    [Fact]
    public void Weights_of_several_sizes_in_a_unit_are_refused() =>
        Assert.Throws<ArgumentException>(() => new BitMatrix([1, -1, 2, -2, 1, 2], 3));

    private static (float[] Weights, Random Random) Draw(int units, int inputs)
    {
        var random = new Random((units * 1000) + inputs);
        var weights = new float[units * inputs];
        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] = (random.Next(2) == 0 ? -0.1f : 0.1f) * (1 + (i / inputs));
        }

        return (weights, random);
    }
}
