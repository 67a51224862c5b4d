using System.Numerics;
using LabelerService.Learning.Numerics;
using LabelerService.Learning.Onnx;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LabelerService.Learning.Heads;

/// <summary>
/// The cumulative (proportional odds) model of ordered classes (McCullagh: Regression Models for Ordinal Data. JRSS B 42, 1980):
/// P(y ≤ k | z) = σ(θ_k − u·z), with thresholds that rise by construction: θ_1 = t_1, θ_k = θ_(k−1) + softplus(t_k). One direction for all
/// classes, so that a head has h + K − 1 values instead of K (h + 1), and near classes are near.
/// </summary>
/// <remarks>
/// With η = u·z: p_k = σ(θ_k − η) · σ(η − θ_(k−1)) · (1 − exp(θ_(k−1) − θ_k)), and the last factor is σ(t_k), because
/// 1 − exp(−softplus(t)) = σ(t). Nothing cancels, however close thresholds are. The ends have no threshold, hence no factor, on their side.
/// </remarks>
internal sealed class CumulativeLink(int classes) : HeadLink(classes)
{
    // σ(±this) is 1 or 0 in any precision in use: a threshold that is not there.
    private const float Never = 1e9f;

    public override int Outputs => 1;

    public override int Constants => Classes - 1;

    public override void Initialise(Span<float> constants)
    {
        // θ_k = logit(k/K); softplus(t) = d for t = ln(exp(d) − 1).
        var below = 0.0;
        for (var k = 0; k < constants.Length; k++)
        {
            var share = (k + 1.0) / Classes;
            var threshold = Math.Log(share / (1 - share));
            constants[k] = (float)(k == 0 ? threshold : Math.Log(Math.Exp(threshold - below) - 1));
            below = threshold;
        }
    }

    public override double Loss<T>(Span<T> outputs, Span<T> constants, int label)
    {
        var eta = outputs[0];
        var (lower, upper) = (T.Zero, T.Zero);
        for (var k = 0; k <= label && k < constants.Length; k++)
        {
            lower = upper;
            upper += k == 0 ? constants[0] : Softplus(constants[k]);
        }

        // Slopes of −ln p in θ_k − η and in η − θ_(k−1).
        var (loss, above, below) = (T.Zero, T.Zero, T.Zero);
        if (label < constants.Length)
        {
            loss += Softplus(eta - upper);
            above = -Sigmoid(eta - upper);
        }
        else
        {
            // The last class: what was summed up last is its lower threshold.
            lower = upper;
        }

        if (label > 0)
        {
            loss += Softplus(lower - eta);
            below = -Sigmoid(lower - eta);
        }

        outputs[0] = below - above;
        for (var k = 0; k < constants.Length; k++)
        {
            // t_k is in θ_label if k ≤ label, and in θ_(label−1) if k < label.
            var slope = (k <= label ? above : T.Zero) - (k < label ? below : T.Zero);
            var t = constants[k];
            constants[k] = k == 0 ? slope : slope * Sigmoid(t);
            if (k == label && k > 0)
            {
                loss += Softplus(-t);
                constants[k] -= Sigmoid(-t);
            }
        }

        return double.CreateChecked(loss);
    }

    public override Tensor LogProbabilities(Tensor outputs, Tensor constants)
    {
        var (upper, lower, gap) = Thresholds(constants);
        return functional.logsigmoid(upper.sub(outputs)).Plus(functional.logsigmoid(outputs.sub(lower))).Plus(functional.logsigmoid(gap));
    }

    public override string AppendTo(GraphBuilder graph, string z, Tensor weights, Tensor constants)
    {
        using var scope = NewDisposeScope();
        var (upper, lower, gap) = Thresholds(constants);
        var eta = AppendOutputs(graph, z, weights, bias: null);
        var above = graph.Node("Sigmoid", "heads.above", [graph.Node("Sub", "heads.to_upper", [graph.Constant("heads.upper", upper), eta])]);
        var below = graph.Node("Sigmoid", "heads.below", [graph.Node("Sub", "heads.to_lower", [eta, graph.Constant("heads.lower", lower)])]);
        var between = graph.Node("Mul", "heads.between", [above, below]);
        return graph.Node("Mul", "heads", [between, graph.Constant("heads.gap", gap.sigmoid())]);
    }

    // θ_k, θ_(k−1) and t_k of each class [1, H, K], with thresholds at infinity and gaps without effect at the ends.
    private static (Tensor Upper, Tensor Lower, Tensor Gap) Thresholds(Tensor constants)
    {
        var first = constants.narrow(1, 0, 1);
        var rest = constants.narrow(1, 1, constants.shape[1] - 1);
        var thresholds = cat([first, functional.logsigmoid(rest.neg()).neg()], 1).cumsum(1);
        var never = zeros_like(first).Plus(Never);
        var (upper, lower, gap) = (cat([thresholds, never], 1), cat([never.neg(), thresholds], 1), cat([never, rest, never], 1));
        return (upper.unsqueeze(0), lower.unsqueeze(0), gap.unsqueeze(0));
    }

    private static T Sigmoid<T>(T x)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        // exp of a negative number only, so that nothing overflows.
        var e = T.Exp(-T.Abs(x));
        return (x < T.Zero ? e : T.One) / (T.One + e);
    }

    // ln(1 + exp x).
    private static T Softplus<T>(T x)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        T.Max(x, T.Zero) + T.LogP1(T.Exp(-T.Abs(x)));
}
