using LabelerService.Core.Encodings;
using LabelerService.Core.Training;
using LabelerService.Learning.Backbones;
using LabelerService.Learning.Tests.Losses;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Tests.Backbones;

public sealed class ConvolutionalBackboneTests
{
    [Fact]
    public void Gradients_are_those_of_finite_differences_for_colour_images_that_are_not_square()
    {
        using var scope = NewDisposeScope();
        using var net = new BackboneCase(layout => new ConvolutionalBackbone([12, 13, 2], BackboneCapacity.S, layout), ScalarType.Float64, trainable: true);
        using var generator = new Generator(8);
        var rows = empty(2, 12 * 13 * 2, dtype: ScalarType.Float64).uniform_(0, 1, generator);
        var weights = BackboneCase.Weights(2, net.Backbone.Width);
        Sum(net.Parameters).backward();

        // Every 97th of the values, so that all layers are looked at; moving one value leaves what is largest in a square as it is.
        var chosen = tensor(Enumerable.Range(0, (int)net.Layout.Length / 97).Select(i => 97L * i).ToArray());
        GradientCheck.Compare(net.Parameters.Flat.index_select(0, chosen), net.Parameters.Gradient!.index_select(0, chosen), moved =>
        {
            using var noGrad = no_grad();
            using var others = new ParameterSet(net.Layout, trainable: false, ScalarType.Float64);
            others.CopyFrom(net.Parameters);
            others.Flat.index_copy_(0, chosen, moved);
            return Sum(others).DetachFromDisposeScope();
        });

        Tensor Sum(ParameterSet parameters) => net.Backbone.Forward(rows, parameters, null).mul(weights).sum();
    }

    [Fact]
    public void Capacity_s_on_digits_is_the_net_of_the_paper()
    {
        var layout = new ParameterLayout();
        _ = new ConvolutionalBackbone([28, 28, 1], BackboneCapacity.S, layout);

        Assert.Equal(
            ["16x1x5x5", "16", "25x16x5x5", "25", "32x400", "32"],
            layout.Entries.Select(entry => string.Join('x', entry.Shape)));
    }

    [Theory]
    [InlineData(12, 12, 1, "s")]
    [InlineData(12, 40, 3, "s")]
    [InlineData(28, 28, 1, "m")]
    [InlineData(64, 48, 3, "s")]
    [InlineData(17, 16, 1, "l")]
    public void The_serving_graph_gives_what_the_net_gives_for_images_of_many_sizes(int height, int width, int channels, string capacity)
    {
        var length = height * width * channels;
        using var net = BackboneCase.Of(ItemEncoding.OfValues(length, [height, width, channels]), $"backbone=auto capacity={capacity}");
        Assert.IsType<ConvolutionalBackbone>(net.Backbone);
        var random = new Random(3);
        float[] rows = [.. Enumerable.Range(0, 2 * length).Select(_ => (float)random.NextDouble())];

        var z = net.Forward(rows, length);

        Assert.Contains(z, value => value > 0);
        Assert.All(z.Zip(net.Served(rows, length)), pair => Assert.Equal(pair.First, pair.Second, 2e-6f));
    }

    [Theory]
    [InlineData(28, 28, 1, "s")]
    [InlineData(12, 40, 3, "s")]
    [InlineData(64, 48, 3, "s")]
    [InlineData(64, 48, 17, "s")]
    [InlineData(33, 30, 5, "m")]
    public void Outputs_and_gradients_do_not_depend_on_what_memory_held_before(int height, int width, int channels, string capacity)
    {
        var length = height * width * channels;
        var random = new Random(4);
        float[] rows = [.. Enumerable.Range(0, 2 * length).Select(_ => (float)random.NextDouble())];
        using var single = Case(ScalarType.Float32);
        using var exact = Case(ScalarType.Float64);
        exact.Parameters.Flat.copy_(single.Parameters.Flat);
        var (wantedZ, wantedGradient) = Run(exact);
        for (var i = 0; i < 3; i++)
        {
            // What is allocated next lies where these infinities were.
            for (var size = 1 << 8; size <= 1 << 20; size *= 2)
            {
                using var none = zeros(size).log_();
            }

            single.Parameters.Gradient!.zero_();
            var (z, gradient) = Run(single);
            Assert.All(z.Zip(wantedZ), pair => Assert.Equal(pair.Second, pair.First, 1e-5));
            var scale = wantedGradient.Max(Math.Abs);
            Assert.All(gradient.Zip(wantedGradient), pair => Assert.Equal(pair.Second, pair.First, 1e-4 * scale));
        }

        BackboneCase Case(ScalarType type) =>
            BackboneCase.Of(ItemEncoding.OfValues(length, [height, width, channels]), $"backbone=auto capacity={capacity}", type, trainable: true);

        (double[] Z, double[] Gradient) Run(BackboneCase net)
        {
            using var scope = NewDisposeScope();
            var z = net.Backbone.Forward(tensor(rows, 2, length).to(net.Parameters.Flat.dtype), net.Parameters, null);
            z.mul(z).sum().backward();
            return (Values(z), Values(net.Parameters.Gradient!));
        }

        static double[] Values(Tensor tensor) => [.. tensor.detach().to(ScalarType.Float64).contiguous().data<double>()];
    }

    [Fact]
    public void Units_do_not_grow_with_the_image()
    {
        foreach (var side in (int[])[12, 28, 64, 224])
        {
            var layout = new ParameterLayout();
            _ = new ConvolutionalBackbone([side, side, 3], BackboneCapacity.M, layout);
            Assert.InRange(layout.Length, 25_000, 1_000_000);
        }
    }

    [Fact]
    public void The_output_is_that_of_the_equations_with_rows_of_height_then_width_then_channels()
    {
        using var net = BackboneCase.Of(ItemEncoding.OfValues(12 * 13 * 2, [12, 13, 2]), "backbone=cnn capacity=s");
        var random = new Random(4);
        float[] row = [.. Enumerable.Range(0, 12 * 13 * 2).Select(_ => (float)random.NextDouble())];
        var values = Enumerable.Range(0, net.Layout.Entries.Count).Select(i => net.Parameters.ValuesOf(new ParameterSlot(i)).ToArray()).ToArray();

        var first = Block((map, y, x) => row[(((y * 13) + x) * 2) + map], (12, 13, 2), values[0], values[1], 5);
        var second = Block((map, y, x) => first[map, y, x], (4, 4, 16), values[2], values[3], 3);
        Assert.Equal((25, 1, 1), (second.GetLength(0), second.GetLength(1), second.GetLength(2)));
        var expected = Enumerable.Range(0, 32)
            .Select(u => Math.Max(values[5][u] + Enumerable.Range(0, 25).Sum(m => values[4][(u * 25) + m] * second[m, 0, 0]), 0));

        Assert.All(net.Forward(row, row.Length).Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 1e-5));

        static double[,,] Block(Func<int, int, int, double> input, (int Height, int Width, int Maps) shape, float[] weight, float[] bias, int kernel)
        {
            var (height, width) = (shape.Height - kernel + 1, shape.Width - kernel + 1);
            var result = new double[bias.Length, height / 2, width / 2];
            for (var m = 0; m < bias.Length; m++)
            {
                for (var y = 0; y < height / 2 * 2; y++)
                {
                    for (var x = 0; x < width / 2 * 2; x++)
                    {
                        var sum = (double)bias[m];
                        for (var i = 0; i < shape.Maps * kernel * kernel; i++)
                        {
                            var (from, dy, dx) = (i / (kernel * kernel), i / kernel % kernel, i % kernel);
                            sum += weight[(m * shape.Maps * kernel * kernel) + i] * input(from, y + dy, x + dx);
                        }

                        result[m, y / 2, x / 2] = Math.Max(result[m, y / 2, x / 2], sum);
                    }
                }
            }

            return result;
        }
    }
}
