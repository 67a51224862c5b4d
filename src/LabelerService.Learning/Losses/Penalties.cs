using System.Numerics;
using LabelerService.Learning.Numerics;
using static TorchSharp.torch;

namespace LabelerService.Learning.Losses;

/// <summary>What is added to a loss to keep parameters small or averaging weights spread.</summary>
internal static class Penalties
{
    /// <summary>λ1 · Σ |w| + λ2/2 · Σ w².</summary>
    public static Tensor Norms(Tensor weights, double l1, double l2) => weights.abs().sum().Times(l1).Plus(weights.Squared().sum().Times(l2 / 2));

    /// <summary>
    /// Adds the gradient of <see cref="Norms"/> to a gradient in place: cheaper than through autograd, as it is known in closed form.
    /// </summary>
    public static void AddNormsGradient(Tensor weights, Tensor gradient, double l1, double l2)
    {
        if (l2 != 0)
        {
            gradient.PlusInPlace(weights, l2);
        }

        if (l1 != 0)
        {
            gradient.PlusInPlace(weights.sign(), l1);
        }
    }

    /// <summary>λ · (ln R − H(softmax(v))): zero for equal weights, λ ln R when one labeler has all the weight.</summary>
    /// <param name="averagingLogits">v [R].</param>
    /// <param name="strength">λ.</param>
    public static Tensor Entropy(Tensor averagingLogits, double strength)
    {
        var logWeights = averagingLogits.log_softmax(0);
        return logWeights.exp().mul(logWeights).sum().Plus(Math.Log(averagingLogits.shape[0])).Times(strength);
    }

    /// <summary>Adds the gradient of <see cref="Entropy"/>, λ w_r (ln w_r + H(w)), to that of averaging logits.</summary>
    /// <param name="averagingLogits">v [R].</param>
    /// <param name="strength">λ.</param>
    /// <param name="gradient">[R].</param>
    public static void AddEntropyGradient<T>(ReadOnlySpan<T> averagingLogits, T strength, Span<T> gradient)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var (most, sum, entropy) = (T.NegativeInfinity, T.Zero, T.Zero);
        foreach (var logit in averagingLogits)
        {
            most = T.Max(most, logit);
        }

        foreach (var logit in averagingLogits)
        {
            sum += T.Exp(logit - most);
        }

        var normaliser = most + T.Log(sum);
        foreach (var logit in averagingLogits)
        {
            entropy -= T.Exp(logit - normaliser) * (logit - normaliser);
        }

        for (var r = 0; r < averagingLogits.Length; r++)
        {
            var logWeight = averagingLogits[r] - normaliser;
            gradient[r] += strength * T.Exp(logWeight) * (logWeight + entropy);
        }
    }
}
