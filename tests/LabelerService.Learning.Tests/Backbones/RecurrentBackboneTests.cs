using LabelerService.Core.Encodings;
using LabelerService.Core.Training;
using LabelerService.Learning.Backbones;
using LabelerService.Learning.Numerics;
using LabelerService.Learning.Onnx;
using LabelerService.Learning.Tests.Losses;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Tests.Backbones;

public sealed class RecurrentBackboneTests
{
    private const int StepLength = 2;

    [Theory]
    [InlineData(BackboneKind.Lstm)]
    [InlineData(BackboneKind.Gru)]
    public void Gradients_are_those_of_finite_differences_for_sequences_of_several_lengths(BackboneKind kind)
    {
        const int MaxSteps = 5, Width = 3;
        using var scope = NewDisposeScope();
        using var net = new BackboneCase(layout => new RecurrentBackbone(kind, StepLength, MaxSteps, Width, layout), ScalarType.Float64, trainable: true);
        var rows = tensor(BackboneCase.Sequences(StepLength, MaxSteps, 1, 5, 1, 0, 3), 4, 1 + (MaxSteps * StepLength)).to(ScalarType.Float64);
        // A sum that weighs every output of every item differently.
        var weights = BackboneCase.Weights(4, Width);
        Sum(net.Parameters).backward();

        GradientCheck.Compare(net.Parameters.Flat.clone(), net.Parameters.Gradient!, moved =>
        {
            using var noGrad = no_grad();
            using var others = new ParameterSet(net.Layout, trainable: false, ScalarType.Float64);
            others.Flat.copy_(moved);
            return Sum(others).DetachFromDisposeScope();
        });

        Tensor Sum(ParameterSet parameters) => net.Backbone.Forward(rows, parameters, null).mul(weights).sum();
    }

    /// <summary>
    /// Weights as strong as training makes them hand rounding on from step to step; this one is 1.6e-5 apart, more than nets
    /// without steps may be.
    /// </summary>
    [Fact]
    public void Strong_weights_and_many_steps_stay_within_the_tolerance_of_sequences()
    {
        const int Steps = 100, Items = 64;
        using var net = new BackboneCase(layout => new RecurrentBackbone(BackboneKind.Lstm, StepLength, Steps, 16, layout));
        using (no_grad())
        {
            net.Parameters.Flat.mul_(tensor(8f));
        }

        var rows = BackboneCase.Sequences(StepLength, Steps, 3, [.. Enumerable.Repeat(Steps, Items)]);
        var trained = net.Forward(rows, rows.Length / Items);
        var served = net.Served(rows, rows.Length / Items);

        var largest = trained.Zip(served, (a, b) => Math.Abs(a - b)).Max();
        Assert.InRange(largest, 0, ParityCheck.ToleranceFor(ItemEncoding.OfSequences(StepLength, Steps)));
    }

    [Theory]
    [InlineData(BackboneKind.Lstm)]
    [InlineData(BackboneKind.Gru)]
    public void The_output_is_that_of_the_equations_step_by_step(BackboneKind kind)
    {
        const int Steps = 4, Width = 3;
        using var net = new BackboneCase(layout => new RecurrentBackbone(kind, StepLength, Steps, Width, layout));
        var row = BackboneCase.Sequences(StepLength, Steps, 2, 3);
        var values = Enumerable.Range(0, net.Layout.Entries.Count).Select(i => net.Parameters.ValuesOf(new ParameterSlot(i)).ToArray()).ToArray();

        var (output, cell) = (new double[Width], new double[Width]);
        for (var t = 0; t < 3; t++)
        {
            var step = row.AsSpan(1 + (t * StepLength), StepLength).ToArray();
            var last = (double[])output.Clone();
            for (var j = 0; j < Width; j++)
            {
                if (kind == BackboneKind.Lstm)
                {
                    double i = Sigmoid(Input(0, j) + Hidden(0, j)), o = Sigmoid(Input(1, j) + Hidden(1, j)), f = Sigmoid(Input(2, j) + Hidden(2, j));
                    cell[j] = (f * cell[j]) + (i * Math.Tanh(Input(3, j) + Hidden(3, j)));
                    output[j] = o * Math.Tanh(cell[j]);
                }
                else
                {
                    double u = Sigmoid(Input(0, j) + Hidden(0, j)), r = Sigmoid(Input(1, j) + Hidden(1, j));
                    output[j] = ((1 - u) * Math.Tanh(Input(2, j) + (r * (Hidden(2, j) + values[3][j])))) + (u * last[j]);
                }
            }

            double Input(int block, int unit) => values[2][(block * Width) + unit]
                + Enumerable.Range(0, StepLength).Sum(k => values[0][(((block * Width) + unit) * StepLength) + k] * (double)step[k]);

            double Hidden(int block, int unit) =>
                Enumerable.Range(0, Width).Sum(k => values[1][(((block * Width) + unit) * Width) + k] * last[k]);
        }

        Assert.All(net.Forward(row, row.Length).Zip(output), pair => Assert.Equal(pair.Second, pair.First, 1e-6));

        static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
    }

    [Theory]
    [InlineData("lstm")]
    [InlineData("gru")]
    public void More_padding_changes_no_bit_of_output_and_gradient(string kind)
    {
        var (near, nearGradient) = Run(7);
        var (far, farGradient) = Run(40);

        Assert.Equal(near, far);
        Assert.Equal(nearGradient, farGradient);

        (float[] Z, float[] Gradient) Run(int maxSteps)
        {
            using var scope = NewDisposeScope();
            using var net = BackboneCase.Of(ItemEncoding.OfSequences(StepLength, maxSteps), $"backbone={kind} capacity=s", trainable: true);
            // The same draws: values of a sequence follow each other, whatever the padding.
            var rows = BackboneCase.Sequences(StepLength, maxSteps, 3, 7, 2, 5);
            var z = net.Backbone.Forward(tensor(rows, 3, 1 + (maxSteps * StepLength)), net.Parameters, null);
            z.Squared().sum().backward();
            return (z.data<float>().ToArray(), net.Parameters.Gradients.ToArray());
        }
    }

    [Fact]
    public void What_stands_behind_the_last_step_is_not_read()
    {
        const int MaxSteps = 6;
        using var net = BackboneCase.Of(ItemEncoding.OfSequences(StepLength, MaxSteps), "backbone=lstm capacity=s");
        var clean = BackboneCase.Sequences(StepLength, MaxSteps, 4, 3, 6);
        var dirty = (float[])clean.Clone();
        dirty.AsSpan(1 + (3 * StepLength), 3 * StepLength).Fill(1e6f);

        Assert.Equal(net.Forward(clean, 1 + (MaxSteps * StepLength)), net.Forward(dirty, 1 + (MaxSteps * StepLength)));
        Assert.Equal(net.Served(clean, 1 + (MaxSteps * StepLength)), net.Served(dirty, 1 + (MaxSteps * StepLength)));
    }

    [Theory]
    [InlineData("lstm", "s")]
    [InlineData("lstm", "m")]
    [InlineData("gru", "s")]
    [InlineData("gru", "m")]
    public void The_serving_graph_reads_sequences_up_to_their_length(string kind, string capacity)
    {
        const int MaxSteps = 60, Length = 1 + (MaxSteps * StepLength);
        using var net = BackboneCase.Of(ItemEncoding.OfSequences(StepLength, MaxSteps), $"backbone={kind} capacity={capacity}");
        var rows = BackboneCase.Sequences(StepLength, MaxSteps, 5, 60, 1, 17, 0, 42, 59);

        var (expected, served) = (net.Forward(rows, Length), net.Served(rows, Length));

        Assert.Equal(6 * net.Backbone.Width, expected.Length);
        Assert.All(expected.Zip(served), pair => Assert.Equal(pair.First, pair.Second, 3e-6f));
        // Alone as well as among longer ones.
        Assert.All(
            net.Served(rows[Length..(2 * Length)], Length).Zip(expected.Skip(net.Backbone.Width)), pair => Assert.Equal(pair.First, pair.Second, 3e-6f));
    }
}
