using LabelerService.Learning.Training;

namespace LabelerService.Learning.Tests.Training;

public sealed class RowAdamTests
{
    private const int Rows = 5;
    // Two blocks of rows behind three dense values; lengths that no vector length divides.
    private static readonly int[] Widths = [11, 2];
    private const int Dense = 3;
    private const int Length = Dense + (Rows * 13);

    [Theory]
    [InlineData(0)]
    [InlineData(0.9999)]
    public void With_all_rows_touched_at_every_step_it_is_dense_adam(double decay)
    {
        var random = new Random(3);
        float[] mine = Draw(random), average = [.. mine], theirs = [.. mine[Dense..]], theirAverage = [.. theirs];
        var rows = new RowAdam(Layout(), 0.01, decay);
        var dense = new AveragedAdam(Length - Dense, 0.01, decay);
        var touched = new RowMarks(Rows);
        for (var step = 0; step < 20; step++)
        {
            var gradient = Draw(random);
            float[] theirGradient = [.. gradient[Dense..]];
            touched.MarkAll();
            rows.Step(touched, mine, gradient, average);
            dense.Step(theirs, theirGradient, theirAverage);

            Assert.Equal(theirs, mine[Dense..]);
            Assert.Equal(theirAverage, average[Dense..]);
            Assert.All(gradient[Dense..], slope => Assert.Equal(0, slope));
        }
    }

    /// <summary>Against the plain way: every row has an Adam of its own, and its mean is kept at every step of all.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    [InlineData(0.9999)]
    public void With_few_rows_touched_it_is_adam_by_row_and_the_mean_over_all_steps(double decay)
    {
        var random = new Random(4);
        float[] mine = Draw(random), average = [.. mine];
        var expected = mine.Select(value => (double)value).ToArray();
        var expectedMean = mine.Select(value => (double)value).ToArray();
        var moments = new (double First, double Second)[Length];
        var clocks = new int[Rows];
        var rows = new RowAdam(Layout(), 0.01, decay);
        var touched = new RowMarks(Rows);
        for (var step = 1; step <= 60; step++)
        {
            var gradient = new float[Length];
            // The last row is never touched; some steps touch none.
            foreach (var row in Enumerable.Range(0, Rows - 1).Where(_ => random.Next(4) == 0).ToArray())
            {
                touched.Mark(row);
                clocks[row]++;
                foreach (var i in Places(row))
                {
                    gradient[i] = (float)((random.NextDouble() * 2) - 1);
                    moments[i] = ((0.9 * moments[i].First) + (0.1 * gradient[i]), (0.999 * moments[i].Second) + (0.001 * gradient[i] * gradient[i]));
                    expected[i] -= 0.01 * (moments[i].First / (1 - Math.Pow(0.9, clocks[row])))
                        / (Math.Sqrt(moments[i].Second / (1 - Math.Pow(0.999, clocks[row]))) + 1e-8);
                }
            }

            var bound = decay == 0 ? 0 : Math.Min(decay, (1.0 + step) / (10 + step));
            for (var i = Dense; i < Length; i++)
            {
                expectedMean[i] = (bound * expectedMean[i]) + ((1 - bound) * expected[i]);
            }

            rows.Step(touched, mine, gradient, average);
            Assert.Empty(touched.Rows);
            Assert.All(gradient, slope => Assert.Equal(0, slope));
            if (step % 20 == 0)
            {
                rows.CatchUp(mine, average);
                Assert.All(expectedMean.Zip(average).Skip(Dense), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
            }
        }

        Assert.All(expected.Zip(mine), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
    }

    [Fact]
    public void What_is_not_touched_is_not_read_either()
    {
        float[] values = Draw(new Random(5)), gradient = new float[Length], average = [.. values];
        foreach (var i in Enumerable.Range(0, Rows).Where(row => row != 2).SelectMany(Places).Concat([0, 1, 2]))
        {
            (values[i], gradient[i], average[i]) = (float.NaN, float.NaN, float.NaN);
        }

        var touched = new RowMarks(Rows);
        touched.Mark(2);
        new RowAdam(Layout(), 0.01, 0.9999).Step(touched, values, gradient, average);

        Assert.All(Places(2), i => Assert.True(float.IsFinite(values[i]) && float.IsFinite(average[i])));
        Assert.Equal(Length - 13, gradient.Count(float.IsNaN));
    }

    private static ParameterLayout Layout()
    {
        var layout = new ParameterLayout();
        layout.Declare("a", ParameterRole.Row, Rows, Widths[0]);
        layout.Declare("dense", ParameterRole.Weight, Dense);
        layout.Declare("b", ParameterRole.Row, Rows, Widths[1]);
        return layout;
    }

    private static IEnumerable<int> Places(int row) =>
    [
        .. Enumerable.Range(Dense + (row * Widths[0]), Widths[0]),
        .. Enumerable.Range(Dense + (Rows * Widths[0]) + (row * Widths[1]), Widths[1]),
    ];

    private static float[] Draw(Random random) => [.. Enumerable.Range(0, Length).Select(_ => (float)((random.NextDouble() * 2) - 1))];
}
