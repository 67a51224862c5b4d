using LabelerService.Learning.Numerics;
using static TorchSharp.torch;

namespace LabelerService.Learning.Unsupervised;

/// <summary>
/// Binary information gain (Schraudolph, Sejnowski: Unsupervised Discrimination of Clustered Data via Optimization of Binary Information
/// Gain. NIPS 1993). An output y is the net input of a node with z = f(y) = 1/(1 + e^−y), read as P(the item has the feature); ŷ is what y is
/// expected to be before the item is seen. The item brings ΔH = z ln(z/ẑ) + (1 − z) ln((1 − z)/(1 − ẑ)), ẑ = f(ŷ), and with ŷ held fixed
/// d ΔH/dy = f′(y)(y − ŷ), f′(y) = z(1 − z): hyperplanes move into gaps between items, and items far from them no longer move them.
/// </summary>
/// <remarks>
/// <para>One output: ŷ = logit(z̄), z̄ being the batch's mean. The rule is then the exact gradient of H(z̄) − mean H(z), the mutual information
/// of item and node, which an output with all items on one side does not raise.</para>
/// <para>Several outputs predict each other, so that they do not all find the same split: ŷ = ⟨y⟩ + (Q − 2I)(y − ⟨y⟩) with Q the outputs' matrix of
/// correlations, so that y − ŷ = 2 (y_i − ⟨y_i⟩) − Σ_{j≠i} Q_ij (y_j − ⟨y_j⟩): of two nodes with the same split, what they share grows
/// more slowly, (2 − Q)-fold, than what they differ in, (2 + Q)-fold. The loss reported is then minus the joint information (see <see cref="Score"/>).</para>
/// </remarks>
/// <param name="spread">Standard deviation that outputs are brought to.</param>
internal sealed class BingoObjective(double spread) : OutputObjective
{
    // Keeps the logarithms of a probability of 0 finite; their products with it are 0.
    private const double Smallest = 1e-300;

    public override double Spread => spread;

    public override ObjectiveValue Evaluate(Tensor outputs)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var y = outputs.detach().to(ScalarType.Float64);
        var z = y.sigmoid();
        var slope = z.mul(z.neg().Plus(1));
        var gradient = slope.mul(y.sub(Expected(y))).TimesInPlace(-1.0 / y.shape[0]);
        return new ObjectiveValue(-Score(y), gradient.MoveToOuterDisposeScope());
    }

    /// <summary>ŷ [N, m] of net inputs y [N, m].</summary>
    public static Tensor Expected(Tensor y)
    {
        if (y.shape[1] == 1)
        {
            var mean = y.sigmoid().mean([0], keepdim: true);
            return mean.log().sub(mean.neg().Plus(1).log()).expand_as(y);
        }

        var centre = y.mean([0], keepdim: true);
        var away = y.sub(centre);
        var deviation = away.Squared().mean([0], keepdim: true).sqrt().AtLeast(Smallest);
        var scaled = away.div(deviation);
        var correlations = scaled.t().mm(scaled).Times(1.0 / y.shape[0]);
        return centre.Plus(away.mm(correlations)).sub(away.Times(2));
    }

    /// <summary>ΔH [N, m] of net inputs against what they were expected to be, in nats.</summary>
    public static Tensor Gain(Tensor y, Tensor expected)
    {
        var z = y.sigmoid();
        // ln z − ln ẑ by ln f(y) = −ln(1 + e^−y), which holds where z rounds to 0 or 1.
        var inside = LogSigmoid(y).sub(LogSigmoid(expected));
        var outside = LogSigmoid(y.neg()).sub(LogSigmoid(expected.neg()));
        return z.mul(inside).Plus(z.neg().Plus(1).mul(outside));
    }

    /// <summary>
    /// Information that an item's code c ∈ {0, 1}^m, drawn node by node with P(c_i = 1) = z_i, gives about which item it is, in nats:
    /// H(mean over items of P(c)) − mean over items of Σ_i H(z_i). At most m ln 2; nodes that find the same split count once, and a node that
    /// has all items on one side not at all. One node: H(z̄) − mean H(z).
    /// </summary>
    public override double Score(Tensor outputs)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var y = outputs.detach().to(ScalarType.Float64);
        var m = (int)y.shape[1];
        var (yes, no) = (LogSigmoid(y), LogSigmoid(y.neg()));
        var noise = yes.exp().mul(yes).Plus(no.exp().mul(no)).sum().Value() / y.shape[0];
        var codes = zeros([y.shape[0], 1], ScalarType.Float64);
        for (var i = 0; i < m; i++)
        {
            codes = cat([codes.Plus(yes.narrow(1, i, 1)), codes.Plus(no.narrow(1, i, 1))], 1);
        }

        var frequency = codes.exp().mean([0]);
        return noise - frequency.mul(frequency.AtLeast(Smallest).log()).sum().Value();
    }

    private static Tensor LogSigmoid(Tensor y) => nn.functional.logsigmoid(y);
}
