using LabelerService.Core.Models;
using LabelerService.Learning.Averaging;
using LabelerService.Learning.Losses;
using LabelerService.Learning.Numerics;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Tests.Losses;

public sealed class LossTests : IDisposable
{
    private readonly Generator _generator = new(11);
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _generator.Dispose();
    }

    [Fact]
    public void The_mean_label_loss_has_the_gradient_of_finite_differences()
    {
        var targets = Draw(5, 4).softmax(1);
        GradientCheck.Check(Draw(5, 4), logits => MeanLabelLoss.Sum(logits.log_softmax(1), targets));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void The_annotation_loss_has_the_gradient_of_finite_differences(int which)
    {
        // A width that no vector length divides, an item twice, a head that nobody uses.
        const int Items = 4, Heads = 3, Classes = 4, Width = 11;
        int[] rows = [0, 0, 3, 2, 3], heads = [0, 2, 2, 0, 0], classes = [1, 3, 0, 2, 2];
        Tensor[] at = [Draw(Items, Width), Draw(Heads, Classes, Width), Draw(Heads, Classes)];
        var values = at.Select(Values).ToArray();
        var gradients = values.Select(array => new double[array.Length]).ToArray();
        const double Scale = 0.3;
        AnnotationLoss.Accumulate(
            values[0], new AnnotationSpans(rows, heads, classes, Classes), values[1], values[2], Scale, gradients[1], gradients[2], gradients[0]);

        GradientCheck.Compare(at[which], tensor(gradients[which], at[which].shape), moved =>
        {
            var point = values.ToArray();
            point[which] = Values(moved);
            return tensor(Scale * AnnotationLoss.Accumulate(
                point[0], new AnnotationSpans(rows, heads, classes, Classes), point[1], point[2], 1.0, new double[point[1].Length],
                new double[point[2].Length], new double[point[0].Length]));
        });

        static double[] Values(Tensor tensor) => tensor.reshape(-1).data<double>().ToArray();
    }

    [Fact]
    public void Large_logits_neither_overflow_nor_lose_the_loss()
    {
        // Logits 1000 and -1000: the loss of the second class is 2000, of the first nothing.
        var loss = AnnotationLoss.Accumulate<float>(
            [1f], new AnnotationSpans([0, 0], [0, 0], [0, 1], 2), [1000f, -1000f], [0f, 0f], 1f, new float[2], new float[2], new float[1]);

        Assert.Equal(2000, loss, 1e-3);
    }

    [Fact]
    public void The_leave_own_out_loss_has_the_gradient_of_finite_differences()
    {
        var own = tensor(new[] { true, false, false, false, true, true, true, false, false, false, false, false }, 4, 3);
        var probabilities = Draw(4, 3, 5).softmax(2);
        var targets = Draw(4, 5).softmax(1);
        GradientCheck.Check(Draw(3), logits => LeaveOwnOutLoss.Sum(logits, own, probabilities, targets));
        GradientCheck.Check(Draw(4, 3), logits => LeaveOwnOutLoss.Sum(logits, own, probabilities, targets));
    }

    [Fact]
    public void Penalties_have_the_gradient_of_finite_differences()
    {
        var weights = Draw(7);
        var gradient = zeros_like(weights);
        Penalties.AddNormsGradient(weights, gradient, l1: 0.3, l2: 0.7);
        GradientCheck.Compare(weights, gradient, w => Penalties.Norms(w, 0.3, 0.7));
        GradientCheck.Check(Draw(5), logits => Penalties.Entropy(logits, 0.4));
    }

    /// <summary>From the loss through heads, hidden layers and flat storage to every single parameter.</summary>
    [Theory]
    [InlineData("linear")]
    [InlineData("mlp")]
    public void The_flat_gradient_of_a_whole_net_is_that_of_finite_differences(string backbone)
    {
        var settings = AlgorithmCatalogue.Validate("bn", new Dictionary<string, string> { ["backbone"] = backbone, ["hidden"] = "6,5" });
        var network = new Network(settings, featureLength: 4, heads: 1, classes: 3);
        using var parameters = new ParameterSet(network.Layout, trainable: true, ScalarType.Float64);
        using (no_grad())
        {
            parameters.Flat.copy_(Draw(parameters.Flat.shape[0]));
        }

        var features = Draw(5, 4);
        var targets = Draw(5, 3).softmax(1);
        Loss(parameters).backward();
        GradientCheck.Compare(parameters.Flat, parameters.Gradient!, flat =>
        {
            using var moved = new ParameterSet(network.Layout, trainable: false, ScalarType.Float64);
            moved.Flat.copy_(flat);
            return Loss(moved);
        });

        Tensor Loss(ParameterSet values) =>
            MeanLabelLoss.Sum(network.Heads.LogProbabilities(network.Backbone.Forward(features, values, dropout: null), values).squeeze(1), targets);
    }

    /// <summary>The loss that training uses against the dense items × labelers × classes one, and its gradient against libtorch's.</summary>
    [Theory]
    [InlineData("linear")]
    [InlineData("mlp")]
    public void The_sparse_doctor_net_loss_is_that_of_the_dense_masked_one(string backbone)
    {
        const int Items = 9, Labelers = 6, Classes = 4;
        var settings = AlgorithmCatalogue.Validate("dn", new Dictionary<string, string> { ["backbone"] = backbone, ["hidden"] = "7" });
        var network = new Network(settings, featureLength: 5, Labelers, Classes);
        using var parameters = new ParameterSet(network.Layout, trainable: true);
        using (no_grad())
        {
            parameters.Flat.copy_(Draw(parameters.Flat.shape[0]));
        }

        var features = Draw(Items, 5).to(ScalarType.Float32);
        var random = new Random(5);
        List<int> rows = [], heads = [], classes = [];
        var mask = new float[Items * Labelers * Classes];
        for (var n = 0; n < Items; n++)
        {
            for (var r = 0; r < Labelers; r++)
            {
                if (random.Next(3) == 0)
                {
                    var k = random.Next(Classes);
                    (rows, heads, classes) = ([.. rows, n], [.. heads, r], [.. classes, k]);
                    mask[(((n * Labelers) + r) * Classes) + k] = 1;
                }
            }
        }

        var z = network.Backbone.Forward(features, parameters, dropout: null);
        var dense = network.Heads.LogProbabilities(z, parameters).mul(tensor(mask, Items, Labelers, Classes)).sum().neg();
        dense.backward();
        var denseGradient = parameters.Gradient!.clone();
        parameters.Gradient.zero_();

        z = network.Backbone.Forward(features, parameters, dropout: null);
        var gradient = new float[z.NumberOfElements];
        var sparse = network.Heads.Accumulate(
            z.detach().data<float>().ToArray(), new AnnotationSpans([.. rows], [.. heads], [.. classes], Classes), parameters, 1, gradient);
        if (z.requires_grad)
        {
            z.backward([tensor(gradient, z.shape)]);
        }

        Assert.Equal(dense.Value(), sparse, 1e-4);
        Assert.True(denseGradient.sub(parameters.Gradient).abs().max().Value() < 1e-5);
    }

    /// <summary>
    /// Three labelers with weights 1/2, 1/4, 1/4. Item 0 was labelled by the first: the others have 1/2 each, and give class 0
    /// 0.5 · 0.2 + 0.5 · 0.6 = 0.4. Item 1 was labelled by the last two: the first has all the weight and gives 0.9.
    /// </summary>
    [Fact]
    public void Own_labelers_are_left_out_and_the_rest_renormalised_as_worked_out_by_hand()
    {
        var logits = tensor(new[] { Math.Log(2), 0.0, 0.0 });
        var own = tensor(new[] { true, false, false, false, true, true }, 2, 3);
        var probabilities = tensor(new[] { 0.9, 0.1, 0.2, 0.8, 0.6, 0.4, 0.9, 0.1, 0.5, 0.5, 0.3, 0.7 }, 2, 3, 2);
        var targets = tensor(new[] { 1.0, 0.0, 0.5, 0.5 }, 2, 2);

        double[] expectedWeights = [0, 0.5, 0.5, 1, 0, 0];
        var weights = LeaveOwnOutLoss.Weights(logits, own).reshape(-1).data<double>().ToArray();
        for (var i = 0; i < weights.Length; i++)
        {
            Assert.Equal(expectedWeights[i], weights[i], 1e-12);
        }

        var expected = -Math.Log(0.4) - (0.5 * Math.Log(0.9)) - (0.5 * Math.Log(0.1));
        Assert.Equal(expected, LeaveOwnOutLoss.Sum(logits, own, probabilities, targets).Value(), 1e-12);
        // Serving leaves nobody out: 1/2 · 0.9 + 1/4 · 0.2 + 1/4 · 0.6 for item 0.
        using var averaging = new FixedWeights(logits.softmax(0));
        var single = probabilities.to(ScalarType.Float32);
        Assert.Equal(0.65, averaging.Mix(averaging.Weights(single), single)[0, 0].Value(), 1e-6);
    }

    private Tensor Draw(params long[] shape) => rand(shape, dtype: ScalarType.Float64, generator: _generator).Times(4).Plus(-2);
}
