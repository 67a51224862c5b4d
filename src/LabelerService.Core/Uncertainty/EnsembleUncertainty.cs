using System.Runtime.Intrinsics;

namespace LabelerService.Core.Uncertainty;

/// <summary>
/// What an ensemble of labelers' heads does not know about one item. Everything is computed in place from spans, without allocation, in
/// O(R · K). Entropies are in nats.
/// </summary>
public static class EnsembleUncertainty
{
    // Below this the pairs of different labelers carry no weight worth dividing by.
    private const double SmallestPairWeight = 1e-9;

    private const float SmallestNormal = 1.17549435e-38f;

    /// <summary>H(p) = −Σ_k p_k ln p_k: total uncertainty of a class distribution, from 0 to ln K.</summary>
    /// <param name="probabilities">Class distribution [K].</param>
    public static double PredictiveEntropy(ReadOnlySpan<float> probabilities)
    {
        var sum = 0.0;
        foreach (var p in probabilities)
        {
            sum -= p > 0 ? p * Math.Log(p) : 0;
        }

        return Math.Max(sum, 0);
    }

    /// <summary>
    /// H(Σ_r w_r p_r) − Σ_r w_r H(p_r): what knowing whose head to believe would tell about the class (Houlsby et al. 2011, BALD, with
    /// the heads as the posterior sample). From 0 (all heads agree) to ln K.
    /// </summary>
    /// <param name="weights">Weights of the heads [R], summing to one.</param>
    /// <param name="heads">Class distributions of the heads, row-major [R, K].</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static double MutualInformation(ReadOnlySpan<float> weights, ReadOnlySpan<float> heads)
    {
        const int Chunk = 256;
        var classes = ClassCount(weights, heads);
        Span<float> terms = stackalloc float[Chunk];
        Span<double> mixed = classes <= Chunk ? stackalloc double[Chunk] : new double[classes];
        mixed = mixed[..classes];
        mixed.Clear();
        var information = 0.0;
        var (head, at) = (0, 0);
        for (var start = 0; start < heads.Length; start += Chunk)
        {
            var part = heads[start..Math.Min(start + Chunk, heads.Length)];
            EntropyTerms(part, terms);
            for (var i = 0; i < part.Length; i++)
            {
                double weight = weights[head];
                mixed[at] += weight * part[i];
                information += weight * terms[i];
                if (++at == classes)
                {
                    (head, at) = (head + 1, 0);
                }
            }
        }

        foreach (var p in mixed)
        {
            information -= p > 0 ? p * Math.Log(p) : 0;
        }

        return Math.Clamp(information, 0, Math.Log(classes));
    }

    /// <summary>
    /// Probability that two different labelers, drawn by weight, name different classes for the item:
    /// 1 − Σ_{r≠s} w_r w_s p_r·p_s / Σ_{r≠s} w_r w_s. With a single labeler (or all weight on one) it is the probability that they
    /// contradict themselves, 1 − Σ_k p_k².
    /// </summary>
    /// <param name="weights">Weights of the heads [R], summing to one.</param>
    /// <param name="heads">Class distributions of the heads, row-major [R, K].</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static double ExpectedDisagreement(ReadOnlySpan<float> weights, ReadOnlySpan<float> heads)
    {
        var classes = ClassCount(weights, heads);
        // Sums over all pairs are squares of sums; the pairs of a labeler with itself are taken off again.
        double total = 0, sameWeight = 0, agreement = 0, sameAgreement = 0;
        foreach (var weight in weights)
        {
            total += weight;
            sameWeight += (double)weight * weight;
        }

        for (var k = 0; k < classes; k++)
        {
            var mixed = 0.0;
            for (var r = 0; r < weights.Length; r++)
            {
                var part = (double)weights[r] * heads[(r * classes) + k];
                mixed += part;
                sameAgreement += part * part;
            }

            agreement += mixed * mixed;
        }

        var pairWeight = (total * total) - sameWeight;
        var agree = pairWeight > SmallestPairWeight ? (agreement - sameAgreement) / pairWeight : agreement / (total * total);
        return Math.Clamp(1 - agree, 0, 1);
    }

    /// <summary>
    /// Weighted standard deviation of the heads' probabilities of each class, √(Σ_r w_r (p_r(k) − Σ_s w_s p_s(k))²): how far labelers'
    /// heads are apart. Not a standard error and no credible interval: heads share a backbone and its data, so that their mean is less
    /// certain than independent heads so far apart would make it.
    /// </summary>
    /// <param name="weights">Weights of the heads [R], summing to one.</param>
    /// <param name="heads">Class distributions of the heads, row-major [R, K].</param>
    /// <param name="result">Receives the deviations [K].</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void Deviations(ReadOnlySpan<float> weights, ReadOnlySpan<float> heads, Span<float> result)
    {
        var classes = ClassCount(weights, heads);
        for (var k = 0; k < classes; k++)
        {
            double mean = 0, spread = 0;
            for (var r = 0; r < weights.Length; r++)
            {
                mean += (double)weights[r] * heads[(r * classes) + k];
            }

            for (var r = 0; r < weights.Length; r++)
            {
                var distance = heads[(r * classes) + k] - mean;
                spread += weights[r] * distance * distance;
            }

            result[k] = (float)Math.Sqrt(spread);
        }
    }

    // p ln p of each value, eight at a time: the logarithms of all heads are most of what an item's uncertainty costs.
    private static void EntropyTerms(ReadOnlySpan<float> probabilities, Span<float> terms)
    {
        // 0 ln 0 is 0, and the logarithm of the smallest number is finite.
        var smallest = Vector256.Create(SmallestNormal);
        var i = 0;
        for (; i <= probabilities.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            var p = Vector256.Create(probabilities[i..]);
            (p * Vector256.Log(Vector256.Max(p, smallest))).CopyTo(terms[i..]);
        }

        for (; i < probabilities.Length; i++)
        {
            terms[i] = probabilities[i] * MathF.Log(MathF.Max(probabilities[i], SmallestNormal));
        }
    }

    private static int ClassCount(ReadOnlySpan<float> weights, ReadOnlySpan<float> heads)
    {
        if (weights.IsEmpty || heads.Length % weights.Length != 0)
        {
            throw new ArgumentException($"{heads.Length} probabilities do not divide among {weights.Length} heads.", nameof(heads));
        }

        return heads.Length / weights.Length;
    }
}
