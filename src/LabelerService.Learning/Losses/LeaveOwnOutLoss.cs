using System.Numerics;
using LabelerService.Core.Training;

namespace LabelerService.Learning.Losses;

/// <summary>
/// The loss that averaging weights are learnt by (Who Said What, section 3): cross-entropy of the mixture of the heads to what the item is
/// taken to be, where the heads of the item's own labelers are left out and the weights renormalised over the rest, so that nobody's head
/// is rewarded for predicting the label it was trained on.
/// </summary>
/// <remarks>
/// By hand, an item at a time: the mixture is a handful of multiplications per head, and intervals of the weights need hundreds of fits.
/// Generic, so that the gradient is checked in double precision.
/// </remarks>
/// <param name="heads">Number of heads R.</param>
/// <param name="classes">Number of classes K.</param>
/// <param name="mixing">Whether values are probabilities or their logarithms.</param>
internal sealed class LeaveOwnOutLoss<T>(int heads, int classes, Mixing mixing)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    // Keeps the logarithm finite where all other heads are certain of another class.
    private static readonly T SmallestProbability = T.CreateChecked(1e-12);
    // Below this share of all weight, what is left is worked out anew, as little of its precision is.
    private static readonly T SmallestRest = T.CreateChecked(1e-3);
    private readonly T[] _logits = new T[heads];
    private readonly T[] _exponentials = new T[heads];
    private readonly T[] _ones = [.. Enumerable.Repeat(T.One, heads)];
    private readonly T[] _weights = new T[heads];
    private readonly T[] _slopes = new T[heads];
    private readonly T[] _mixture = new T[classes];

    /// <summary>w_r over the heads that are not left out, after <see cref="Accumulate"/>.</summary>
    public ReadOnlySpan<T> Weights => _weights;

    /// <summary>Sets the averaging logits v [R] that hold until they are set again.</summary>
    public void SetLogits(ReadOnlySpan<T> logits)
    {
        logits.CopyTo(_logits);
        var most = Most(_logits);
        for (var r = 0; r < heads; r++)
        {
            _exponentials[r] = T.Exp(_logits[r] - most);
        }
    }

    /// <summary>One item: adds the gradient of scale · loss in the averaging logits and gives the loss.</summary>
    /// <param name="own">Heads left out; at least one is not.</param>
    /// <param name="values">What each head says, by class: p or ln p, row-major [K, R].</param>
    /// <param name="target">Class distribution of the item [K].</param>
    /// <param name="scale">What the loss is multiplied by for the gradient.</param>
    /// <param name="gradient">Gradient in v [R], added to; empty where it is not wanted.</param>
    public double Accumulate(
        ReadOnlySpan<int> own, ReadOnlySpan<T> values, ReadOnlySpan<T> target, T scale, Span<T> gradient)
    {
        SetWeights(own);
        for (var k = 0; k < classes; k++)
        {
            _mixture[k] = AnnotationLoss.Dot<T>(values.Slice(k * heads, heads), _weights);
        }

        // From here on _mixture holds the loss's slope in the sum over heads.
        var loss = mixing == Mixing.Linear ? LinearLoss(target) : LogLinearLoss(target);
        if (gradient.IsEmpty)
        {
            return loss;
        }

        Array.Clear(_slopes);
        for (var k = 0; k < classes; k++)
        {
            AnnotationLoss.AddScaled(_mixture[k], values.Slice(k * heads, heads), _slopes);
        }

        var mean = AnnotationLoss.Dot<T>(_slopes, _weights);
        for (var r = 0; r < heads; r++)
        {
            gradient[r] += scale * _weights[r] * (_slopes[r] - mean);
        }

        return loss;
    }

    private void SetWeights(ReadOnlySpan<int> own)
    {
        _exponentials.CopyTo(_weights, 0);
        foreach (var head in own)
        {
            _weights[head] = T.Zero;
        }

        var sum = AnnotationLoss.Dot<T>(_weights, _ones);
        if (sum < SmallestRest)
        {
            sum = SetWeightsFromLogits(own);
        }

        var share = T.One / sum;
        foreach (ref var weight in _weights.AsSpan())
        {
            weight *= share;
        }
    }

    private T SetWeightsFromLogits(ReadOnlySpan<int> own)
    {
        _logits.CopyTo(_weights, 0);
        foreach (var head in own)
        {
            _weights[head] = T.NegativeInfinity;
        }

        var most = Most(_weights);
        foreach (ref var weight in _weights.AsSpan())
        {
            weight = T.Exp(weight - most);
        }

        return AnnotationLoss.Dot<T>(_weights, _ones);
    }

    private static T Most(ReadOnlySpan<T> values)
    {
        var most = T.NegativeInfinity;
        foreach (var value in values)
        {
            most = T.Max(most, value);
        }

        return most;
    }

    private double LinearLoss(ReadOnlySpan<T> target)
    {
        var loss = T.Zero;
        for (var k = 0; k < classes; k++)
        {
            var bounded = T.Max(_mixture[k], SmallestProbability);
            loss -= target[k] * T.Log(bounded);
            _mixture[k] = _mixture[k] < SmallestProbability ? T.Zero : -target[k] / bounded;
        }

        return double.CreateChecked(loss);
    }

    private double LogLinearLoss(ReadOnlySpan<T> target)
    {
        var (most, mass, linear) = (T.NegativeInfinity, T.Zero, T.Zero);
        for (var k = 0; k < classes; k++)
        {
            most = T.Max(most, _mixture[k]);
            mass += target[k];
            linear += target[k] * _mixture[k];
        }

        var sum = T.Zero;
        foreach (ref var logit in _mixture.AsSpan())
        {
            logit = T.Exp(logit - most);
            sum += logit;
        }

        for (var k = 0; k < classes; k++)
        {
            _mixture[k] = (mass * _mixture[k] / sum) - target[k];
        }

        return double.CreateChecked((mass * (most + T.Log(sum))) - linear);
    }
}
