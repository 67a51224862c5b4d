using LabelerService.Core.Models;
using LabelerService.Learning.Losses;
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
        GradientCheck.Check(Draw(5, 4), logits => MeanLabelLoss.Sum(logits, targets));
    }

    [Fact]
    public void The_annotation_loss_has_the_gradient_of_finite_differences()
    {
        var classes = tensor(new long[] { 0, 3, 1, 1, 2, 3 });
        GradientCheck.Check(Draw(6, 4), logits => AnnotationLoss.Sum(logits, classes));
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

    /// <summary>From the loss through the gathered heads, hidden layers and flat storage to every single parameter.</summary>
    [Theory]
    [InlineData("linear", 3, true)]
    [InlineData("mlp", 3, true)]
    [InlineData("mlp", 1, false)]
    public void The_flat_gradient_of_a_whole_net_is_that_of_finite_differences(string backbone, int heads, bool perAnnotation)
    {
        var settings = AlgorithmCatalogue.Validate("dn", new Dictionary<string, string> { ["backbone"] = backbone, ["hidden"] = "6,5" });
        var network = new Network(settings, featureLength: 4, heads, classes: 3);
        using var parameters = new ParameterSet(network.Layout, trainable: true, ScalarType.Float64);
        using (no_grad())
        {
            parameters.Flat.copy_(Draw(parameters.Flat.shape[0]));
        }

        var features = Draw(5, 4);
        var targets = Draw(5, 3).softmax(1);
        var rows = tensor(new long[] { 0, 0, 1, 4, 4, 2 });
        var owners = tensor(new long[] { 0, 2, 1, 1, 0, 2 });
        var classes = tensor(new long[] { 2, 0, 1, 0, 2, 1 });
        Loss(parameters).backward();
        GradientCheck.Compare(parameters.Flat, parameters.Gradient!, flat =>
        {
            using var moved = new ParameterSet(network.Layout, trainable: false, ScalarType.Float64);
            moved.Flat.copy_(flat);
            return Loss(moved);
        });

        Tensor Loss(ParameterSet values)
        {
            var z = network.Backbone.Forward(features, values, dropout: null);
            return perAnnotation
                ? AnnotationLoss.Sum(network.Heads.Selected(z, rows, owners, values), classes)
                : MeanLabelLoss.Sum(network.Heads.All(z, values).squeeze(1), targets);
        }
    }

    [Fact]
    public void The_sparse_doctor_net_loss_is_that_of_the_dense_masked_one()
    {
        const int Items = 9, Labelers = 6, Classes = 4;
        var settings = AlgorithmCatalogue.Validate("dn", new Dictionary<string, string> { ["hidden"] = "7" });
        var network = new Network(settings, featureLength: 5, Labelers, Classes);
        using var parameters = new ParameterSet(network.Layout, trainable: true, ScalarType.Float64);
        using (no_grad())
        {
            parameters.Flat.copy_(Draw(parameters.Flat.shape[0]));
        }

        var features = Draw(Items, 5);
        var random = new Random(5);
        List<long> rows = [], heads = [], classes = [];
        var mask = zeros([Items, Labelers, Classes], dtype: ScalarType.Float64);
        for (var n = 0; n < Items; n++)
        {
            for (var r = 0; r < Labelers; r++)
            {
                if (random.Next(3) == 0)
                {
                    var k = random.Next(Classes);
                    (rows, heads, classes) = ([.. rows, n], [.. heads, r], [.. classes, k]);
                    mask[n, r, k] = tensor(1.0);
                }
            }
        }

        var z = network.Backbone.Forward(features, parameters, dropout: null);
        var dense = network.Heads.All(z, parameters).log_softmax(2).mul(mask).sum().neg();
        dense.backward();
        var denseGradient = parameters.Gradient!.clone();
        parameters.Gradient.zero_();
        z = network.Backbone.Forward(features, parameters, dropout: null);
        var logits = network.Heads.Selected(z, tensor(rows.ToArray()), tensor(heads.ToArray()), parameters);
        var sparse = AnnotationLoss.Sum(logits, tensor(classes.ToArray()));
        sparse.backward();

        Assert.Equal(dense.item<double>(), sparse.item<double>(), 1e-9);
        Assert.True(denseGradient.sub(parameters.Gradient).abs().max().item<double>() < 1e-10);
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
        Assert.Equal(expected, LeaveOwnOutLoss.Sum(logits, own, probabilities, targets).item<double>(), 1e-12);
        // Serving leaves nobody out: 1/2 · 0.9 + 1/4 · 0.2 + 1/4 · 0.6 for item 0.
        Assert.Equal(0.65, Evaluator.Mix(logits.softmax(0), probabilities)[0, 0].item<double>(), 1e-12);
    }

    private Tensor Draw(params long[] shape) => rand(shape, dtype: ScalarType.Float64, generator: _generator).mul(4).sub(2);
}
