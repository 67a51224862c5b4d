using LabelerService.Learning.Numerics;
using static TorchSharp.torch;

namespace LabelerService.Learning.Algorithms.Consensus;

/// <summary>
/// Regularised linear discriminant analysis with soft labels (Friedman: Regularized Discriminant Analysis, JASA 1989; the covariance is
/// pooled and shrunk towards a multiple of the identity, as Ledoit, Wolf 2004): class k has mean μ_k and prior π_k, all share
/// Σ = (1 − s) S + s (tr S / D) I, and p(k|x) ∝ π_k N(x; μ_k, Σ), a linear softmax model in closed form.
/// </summary>
/// <remarks>
/// Since an item's class distribution sums to one, the items' total covariance C does not depend on labels, and S = C − Σ_k π_k μ_k μ_kᵀ
/// (means taken from the centre). C is decomposed once; every fit after that is a correction of rank K (Woodbury) in C's eigenbasis:
/// O(n·D·K), whatever the labels and the shrinkage. Double precision throughout.
/// </remarks>
internal sealed class DiscriminantEigenbasis : IDisposable
{
    private const double SmallestShare = 1e-9;
    private readonly Tensor _mean;
    private readonly Tensor _basis;
    private readonly Tensor _spectrum;
    private readonly long _count;

    /// <summary>Decomposes the covariance of items.</summary>
    /// <param name="features">The items [n, D], float32.</param>
    public DiscriminantEigenbasis(Tensor features)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        _count = features.shape[0];
        _mean = features.to(ScalarType.Float64).mean([0]).DetachFromDisposeScope();
        var centred = features.sub(_mean.to(ScalarType.Float32));
        var covariance = centred.t().mm(centred).to(ScalarType.Float64).Times(1.0 / Math.Max(_count, 1));
        var (values, vectors) = linalg.eigh(covariance);
        _spectrum = values.AtLeast(0).DetachFromDisposeScope();
        _basis = vectors.DetachFromDisposeScope();
    }

    /// <summary>Number of features D.</summary>
    public long Length => _mean.shape[0];

    /// <summary>Fits the classes.</summary>
    /// <param name="counts">Σ_n P_nk over the items of the covariance [K], float64.</param>
    /// <param name="sums">Σ_n P_nk x_n over them [K, D], float64.</param>
    /// <param name="shrinkage">s, above 0 and at most 1.</param>
    /// <returns>Weight [K, D] and bias [K] of the logits, float64.</returns>
    public (Tensor Weight, Tensor Bias) Fit(Tensor counts, Tensor sums, double shrinkage)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var shares = counts.AtLeast(SmallestShare);
        shares = shares.div(shares.sum());
        // One pseudo-item at the centre: a class without items has its mean there and not nowhere.
        var means = sums.sub(counts.unsqueeze(1).mul(_mean)).div(counts.Plus(1).unsqueeze(1)).mm(_basis);
        var between = means.Squared().mul(shares.unsqueeze(1)).sum().Value();
        var isotropic = Math.Max(_spectrum.sum().Value() - between, 0) / Length;
        var diagonal = _spectrum.Times(1 - shrinkage).Plus(Math.Max(shrinkage * isotropic, 1e-10));
        var scaled = means.div(diagonal);
        var gram = scaled.mm(means.t());
        var directions = scaled;
        if (shrinkage < 1)
        {
            var inner = diag(shares.reciprocal().Times(1 / (1 - shrinkage))).sub(gram);
            directions = scaled.Plus(linalg.solve(inner, gram).t().mm(scaled));
        }

        var weight = directions.mm(_basis.t());
        var offset = directions.mul(means).sum(1).Times(-0.5).Plus(shares.log());
        var bias = offset.sub(weight.mv(_mean));
        return (weight.MoveToOuterDisposeScope(), bias.MoveToOuterDisposeScope());
    }

    public void Dispose()
    {
        _mean.Dispose();
        _basis.Dispose();
        _spectrum.Dispose();
    }
}
