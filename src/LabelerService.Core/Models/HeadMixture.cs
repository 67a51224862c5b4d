using LabelerService.Core.Training;

namespace LabelerService.Core.Models;

/// <summary>
/// How a model makes its distribution from those of its heads, for models that do: the nets of "Who Said What" (Guan et al. 2018,
/// section 3) with their calibration. Knowing it, any of the heads can be averaged without the others: a subset of labelers answers with
/// the weights renormalised, item by item, w_r / Σ_s w_s. All heads together give what the model serves.
/// </summary>
/// <param name="Mixing">Whether probabilities are mixed, Σ w_r p_r, or their logarithms, softmax(Σ w_r ln p_r).</param>
/// <param name="Temperature">What the mixture is calibrated by, p ∝ p^(1/T); a subset's is calibrated as that of all heads.</param>
public sealed record HeadMixture(Mixing Mixing, double Temperature)
{
    // As in the serving graph: a head that is certain is no veto, and logarithms stay finite.
    private const double SmallestMixed = 1e-30;
    private const double SmallestTempered = 1e-12;

    private static readonly string[] Mixtures = ["bn", "dn", "wdn", "iwdn", "biwdn"];

    /// <summary>
    /// The mixture of a model; null for models whose distribution is a classifier's own: their heads say how labelers would answer, and
    /// no average of answers is what the model takes the true class to be.
    /// </summary>
    public static HeadMixture? Of(ModelManifest manifest)
    {
        // What was chosen automatically is called by its algorithm and, in brackets, its settings.
        var algorithm = manifest.Selection?.Chosen.Split('[')[0] ?? manifest.Algorithm;
        if (!Mixtures.Contains(algorithm, StringComparer.Ordinal))
        {
            return null;
        }

        var log = manifest.Settings.TryGetValue("mixing", out var mixing) && mixing.Contains("log", StringComparison.OrdinalIgnoreCase);
        return new HeadMixture(log ? Mixing.LogLinear : Mixing.Linear, manifest.Temperature);
    }

    /// <summary>Averages some heads' distributions of one item.</summary>
    /// <param name="heads">Distributions of all heads, row-major [R, K].</param>
    /// <param name="weights">Weights of all heads [R], none negative.</param>
    /// <param name="subset">Indexes of the heads that count, at least one.</param>
    /// <param name="subsetWeights">
    /// Receives their renormalised weights, as many as the subset has; equal ones where all of theirs are 0.
    /// </param>
    /// <param name="result">Receives the distribution [K].</param>
    public void Average(
        ReadOnlySpan<float> heads, ReadOnlySpan<float> weights, ReadOnlySpan<int> subset, Span<float> subsetWeights, Span<float> result)
    {
        if (subset.IsEmpty || subsetWeights.Length != subset.Length || heads.Length != weights.Length * result.Length)
        {
            throw new ArgumentException($"{subset.Length} of {weights.Length} heads with {heads.Length} probabilities do not fit.", nameof(subset));
        }

        var total = 0.0;
        foreach (var head in subset)
        {
            total += weights[head];
        }

        for (var s = 0; s < subset.Length; s++)
        {
            subsetWeights[s] = total > 0 ? (float)(weights[subset[s]] / total) : 1f / subset.Length;
        }

        var exponent = 1 / Temperature;
        var largest = double.NegativeInfinity;
        Span<double> sums = result.Length <= 256 ? stackalloc double[result.Length] : new double[result.Length];
        for (var k = 0; k < result.Length; k++)
        {
            var sum = 0.0;
            for (var s = 0; s < subset.Length; s++)
            {
                double p = heads[(subset[s] * result.Length) + k];
                sum += subsetWeights[s] * (Mixing == Mixing.LogLinear ? Math.Log(Math.Max(p, SmallestMixed)) : p);
            }

            sums[k] = sum;
            largest = Math.Max(largest, sum);
        }

        if (Mixing == Mixing.LogLinear)
        {
            Normalise(sums, largest);
        }

        if (exponent != 1)
        {
            largest = double.NegativeInfinity;
            foreach (ref var sum in sums)
            {
                sum = Math.Log(Math.Max(sum, SmallestTempered)) * exponent;
                largest = Math.Max(largest, sum);
            }

            Normalise(sums, largest);
        }

        for (var k = 0; k < result.Length; k++)
        {
            result[k] = (float)sums[k];
        }
    }

    private static void Normalise(Span<double> logits, double largest)
    {
        var total = 0.0;
        foreach (ref var logit in logits)
        {
            logit = Math.Exp(logit - largest);
            total += logit;
        }

        foreach (ref var logit in logits)
        {
            logit /= total;
        }
    }
}
