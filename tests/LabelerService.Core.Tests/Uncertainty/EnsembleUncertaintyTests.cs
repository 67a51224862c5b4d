using CsCheck;
using LabelerService.Core.Uncertainty;

namespace LabelerService.Core.Tests.Uncertainty;

public sealed class EnsembleUncertaintyTests
{
    private static readonly Gen<(float[] Weights, float[] Heads, int Classes)> Ensembles =
        from r in Gen.Int[1, 6]
        from k in Gen.Int[2, 5]
        from weights in Gen.Double[0.01, 1].Array[r]
        from heads in Gen.Double[0.001, 1].Array[r * k]
        select (Normalise(weights, r), Normalise(heads, k), k);

    [Fact]
    public void Entropy_is_nothing_for_certainty_and_ln_K_for_ignorance()
    {
        Assert.Equal(0, EnsembleUncertainty.PredictiveEntropy([0f, 1f, 0f]));
        Assert.Equal(Math.Log(4), EnsembleUncertainty.PredictiveEntropy([0.25f, 0.25f, 0.25f, 0.25f]), 9);
    }

    [Fact]
    public void Heads_sure_of_opposite_classes_disagree_in_full()
    {
        float[] weights = [0.5f, 0.5f];
        float[] heads = [1f, 0f, 0f, 1f];

        Assert.Equal(Math.Log(2), EnsembleUncertainty.MutualInformation(weights, heads), 9);
        Assert.Equal(1, EnsembleUncertainty.ExpectedDisagreement(weights, heads), 9);
    }

    [Fact]
    public void A_single_head_disagrees_as_often_as_it_contradicts_itself()
    {
        Assert.Equal(0, EnsembleUncertainty.MutualInformation([1f], [0.9f, 0.1f]), 7);
        Assert.Equal(1 - 0.81 - 0.01, EnsembleUncertainty.ExpectedDisagreement([1f], [0.9f, 0.1f]), 6);
    }

    [Fact]
    public void Disagreement_is_the_sum_over_pairs_of_different_labelers() => Ensembles.Sample(ensemble =>
    {
        var (w, p, classes) = ensemble;
        if (w.Length == 1)
        {
            return;
        }

        double pairs = 0, agree = 0;
        for (var r = 0; r < w.Length; r++)
        {
            for (var s = 0; s < w.Length; s++)
            {
                for (var k = 0; k < classes && r != s; k++)
                {
                    agree += (double)w[r] * w[s] * p[(r * classes) + k] * p[(s * classes) + k];
                }

                pairs += r == s ? 0 : (double)w[r] * w[s];
            }
        }

        Assert.Equal(1 - (agree / pairs), EnsembleUncertainty.ExpectedDisagreement(w, p), 1e-5);
    });

    [Fact]
    public void Mutual_information_is_the_entropy_of_the_mixture_less_that_of_the_heads() => Ensembles.Sample(ensemble =>
    {
        var (w, p, classes) = ensemble;
        var mixture = new float[classes];
        var within = 0.0;
        for (var r = 0; r < w.Length; r++)
        {
            within += w[r] * EnsembleUncertainty.PredictiveEntropy(p.AsSpan(r * classes, classes));
            for (var k = 0; k < classes; k++)
            {
                mixture[k] += w[r] * p[(r * classes) + k];
            }
        }

        var information = EnsembleUncertainty.MutualInformation(w, p);
        Assert.Equal(EnsembleUncertainty.PredictiveEntropy(mixture) - within, information, 1e-5);
        Assert.InRange(information, 0, Math.Log(classes));
    });

    [Fact]
    public void Nothing_is_allocated()
    {
        float[] weights = [0.5f, 0.5f];
        float[] heads = [0.7f, 0.3f, 0.2f, 0.8f];
        _ = EnsembleUncertainty.MutualInformation(weights, heads) + EnsembleUncertainty.ExpectedDisagreement(weights, heads)
            + EnsembleUncertainty.PredictiveEntropy(heads);
        var before = GC.GetAllocatedBytesForCurrentThread();
        _ = EnsembleUncertainty.MutualInformation(weights, heads) + EnsembleUncertainty.ExpectedDisagreement(weights, heads)
            + EnsembleUncertainty.PredictiveEntropy(heads);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Probabilities_that_do_not_divide_among_the_heads_are_refused() =>
        Assert.Throws<ArgumentException>(() => EnsembleUncertainty.MutualInformation([0.5f, 0.5f], [1f, 0f, 1f]));

    private static float[] Normalise(double[] values, int row) =>
        [.. values.Chunk(row).SelectMany(chunk => chunk.Select(value => (float)(value / chunk.Sum())))];
}
