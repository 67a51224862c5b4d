using LabelerService.Learning.Algorithms.Consensus;
using LabelerService.Learning.Numerics;
using static TorchSharp.torch;

namespace LabelerService.Learning.Tests.Algorithms.Consensus;

public sealed class DiscriminantEigenbasisTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly Generator _generator = new(3);

    public void Dispose()
    {
        _scope.Dispose();
        _generator.Dispose();
    }

    /// <summary>The eigenbasis and Woodbury's identity only save time: the covariance inverted as it stands gives the same classifier.</summary>
    [Theory]
    [InlineData(0.05)]
    [InlineData(0.6)]
    [InlineData(1.0)]
    public void The_fit_is_that_of_the_covariance_inverted_directly(double shrinkage)
    {
        const int Items = 60, Length = 7, Classes = 3;
        var features = randn(Items, Length, generator: _generator).mul(tensor(new[] { 1f, 2f, 0.5f, 3f, 1f, 1f, 0.1f }));
        var labels = rand(Items, Classes, dtype: ScalarType.Float64, generator: _generator);
        labels = labels.div(labels.sum(1, keepdim: true));
        var items = features.to(ScalarType.Float64);
        var (counts, sums) = (labels.sum([0]), labels.t().mm(items));

        using var basis = new DiscriminantEigenbasis(features);
        var (weight, bias) = basis.Fit(counts, sums, shrinkage);

        var centre = items.mean([0]);
        var shares = counts.div(counts.sum());
        var means = sums.sub(counts.unsqueeze(1).mul(centre)).div(counts.Plus(1).unsqueeze(1));
        var total = items.sub(centre).t().mm(items.sub(centre)).Times(1.0 / Items);
        var within = total.sub(means.t().mm(diag(shares)).mm(means));
        var isotropic = within.trace().Value() / Length;
        var covariance = within.Times(1 - shrinkage).Plus(eye(Length, dtype: ScalarType.Float64).Times(shrinkage * isotropic));
        var directions = linalg.solve(covariance, means.t()).t();
        var expected = items.sub(centre).mm(directions.t())
            .sub(directions.mul(means).sum(1).Times(0.5)).Plus(shares.log());

        var actual = items.mm(weight.t()).Plus(bias);
        Assert.True(actual.sub(expected).abs().max().Value() < 1e-4, $"{actual.sub(expected).abs().max().Value()}");
    }

    /// <summary>Two Gaussian classes with the same covariance: the best classifier is known, and enough items find it.</summary>
    [Fact]
    public void With_many_items_it_comes_to_the_best_classifier_there_is()
    {
        const int Items = 20_000;
        var labels = tensor(Enumerable.Range(0, Items).Select(i => (float)(i % 2)).ToArray());
        // Means (−1, 0) and (1, 0), covariance diag(1, 4): logit 2 x₁.
        var features = randn(Items, 2, generator: _generator).mul(tensor(new[] { 1f, 2f }));
        features = stack([features.select(1, 0).Plus(labels.Times(2)).Plus(-1), features.select(1, 1)], 1);
        var soft = stack([labels.neg().Plus(1), labels], 1).to(ScalarType.Float64);

        using var basis = new DiscriminantEigenbasis(features);
        var (weight, bias) = basis.Fit(soft.sum([0]), soft.t().mm(features.to(ScalarType.Float64)), 0.0001);

        var slope = weight[1].sub(weight[0]).data<double>().ToArray();
        Assert.Equal(2, slope[0], 0.05);
        Assert.Equal(0, slope[1], 0.05);
        Assert.Equal(0, bias[1].Value() - bias[0].Value(), 0.05);
    }

    [Fact]
    public void Features_that_do_not_vary_and_classes_without_items_leave_everything_finite()
    {
        using var basis = new DiscriminantEigenbasis(ones(5, 3));
        var counts = tensor(new[] { 5.0, 0.0 });
        var (weight, bias) = basis.Fit(counts, tensor(new[] { 5.0, 5, 5, 0, 0, 0 }, 2, 3), 0.5);

        Assert.All(weight.reshape(-1).data<double>().ToArray(), value => Assert.True(double.IsFinite(value)));
        Assert.True(bias[0].Value() > bias[1].Value());
    }
}
