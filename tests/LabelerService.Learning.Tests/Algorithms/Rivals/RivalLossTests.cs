using LabelerService.Learning.Algorithms.Rivals;
using LabelerService.Learning.Numerics;
using LabelerService.Learning.Tests.Losses;
using static TorchSharp.torch;

namespace LabelerService.Learning.Tests.Algorithms.Rivals;

public sealed class RivalLossTests : IDisposable
{
    private const int Annotations = 5;
    private const int Classes = 3;
    private readonly Generator _generator = new(12);
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly Tensor _labels;

    public RivalLossTests() => _labels = tensor(new long[] { 0, 2, 1, 1, 2 });

    public void Dispose()
    {
        _scope.Dispose();
        _generator.Dispose();
    }

    [Fact]
    public void The_crowd_layer_loss_has_the_gradient_of_finite_differences()
    {
        var (probabilities, matrices) = (Draw(Annotations, Classes).softmax(1), Draw(Annotations, Classes, Classes));
        GradientCheck.Check(probabilities, p => CrowdLayer.Sum(p, matrices, _labels));
        GradientCheck.Check(matrices, w => CrowdLayer.Sum(probabilities, w, _labels));
    }

    [Fact]
    public void The_trace_norm_loss_has_the_gradient_of_finite_differences()
    {
        var (logits, offsets, weights) = (Draw(Annotations, Classes), Draw(Annotations, Classes, Classes), Draw(Annotations).abs());
        GradientCheck.Check(logits, p => TraceNorm.Sum(p.softmax(1), TraceNorm.Confusions(offsets, 2), _labels, weights));
        GradientCheck.Check(offsets, theta => TraceNorm.Sum(logits.softmax(1), TraceNorm.Confusions(theta, 2), _labels));
        GradientCheck.Check(offsets, theta => TraceNorm.MeanTrace(TraceNorm.Confusions(theta, 2)));
    }

    [Fact]
    public void Confusions_start_near_the_identity_with_rows_that_sum_to_one()
    {
        var start = TraceNorm.Confusions(zeros(2, 4, 4, dtype: ScalarType.Float64), 1);

        Assert.Equal(0.95 * 4, TraceNorm.MeanTrace(start).Value(), 1e-9);
        Assert.Equal(8, start.sum().Value(), 1e-9);
    }

    [Fact]
    public void The_CoNAL_loss_has_the_gradient_of_finite_differences()
    {
        var (probabilities, common, own) = (Draw(Annotations, Classes).softmax(1), Draw(Classes, Classes), Draw(Annotations, Classes, Classes));
        var (items, labelers) = (Draw(Annotations, 4), Draw(Annotations, 4));
        GradientCheck.Check(probabilities, p => CoNal.Sum(p, common, own, CoNal.Shares(items, labelers), _labels));
        GradientCheck.Check(common, w => CoNal.Sum(probabilities, w, own, CoNal.Shares(items, labelers), _labels));
        GradientCheck.Check(own, w => CoNal.Sum(probabilities, common, w, CoNal.Shares(items, labelers), _labels));
        GradientCheck.Check(items, u => CoNal.Sum(probabilities, common, own, CoNal.Shares(u, labelers), _labels));
        GradientCheck.Check(labelers, v => CoNal.Sum(probabilities, common, own, CoNal.Shares(items, v), _labels));
        GradientCheck.Check(own, w => CoNal.Difference(common.unsqueeze(0), w));
    }

    [Fact]
    public void All_common_or_all_own_noise_is_a_crowd_layer()
    {
        var (probabilities, common, own) = (Draw(Annotations, Classes).softmax(1), Draw(Classes, Classes), Draw(Annotations, Classes, Classes));
        var one = ones(Annotations, dtype: ScalarType.Float64);

        Assert.Equal(
            CrowdLayer.Sum(probabilities, common.expand(Annotations, Classes, Classes), _labels).Value(),
            CoNal.Sum(probabilities, common, own, one, _labels).Value(), 1e-9);
        Assert.Equal(
            CrowdLayer.Sum(probabilities, own, _labels).Value(), CoNal.Sum(probabilities, common, own, one.Times(0), _labels).Value(), 1e-9);
    }

    [Fact]
    public void The_difference_of_equal_noise_is_next_to_nothing_and_has_a_gradient()
    {
        var own = eye(3, dtype: ScalarType.Float64).expand(2, 3, 3).clone();
        Assert.InRange(CoNal.Difference(own.narrow(0, 0, 1), own).Value(), 0, 1e-5);

        var variable = own.requires_grad_(true);
        CoNal.Difference(eye(3, dtype: ScalarType.Float64).unsqueeze(0), variable).backward();
        Assert.True(double.IsFinite(variable.grad!.sum().Value()));
    }

    /// <summary>Mean 1/2 and variance 1/(4(2α + 1)).</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(0.3)]
    [InlineData(0.01)]
    public void Beta_draws_have_the_moments_of_the_distribution(double alpha)
    {
        var random = new Random(3);
        var draws = Enumerable.Range(0, 20_000).Select(_ => BetaDraws.Next(random, alpha)).ToArray();

        Assert.All(draws, draw => Assert.InRange(draw, 0, 1));
        Assert.Equal(0.5, draws.Average(), 0.02);
        Assert.Equal(1 / (4 * ((2 * alpha) + 1)), draws.Average(draw => (draw - 0.5) * (draw - 0.5)), 0.005);
    }

    private Tensor Draw(params long[] shape) => rand(shape, dtype: ScalarType.Float64, generator: _generator).Times(4).Plus(-2);
}
