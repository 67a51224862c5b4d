using LabelerService.Learning.Numerics;
using LabelerService.Learning.Onnx;
using static TorchSharp.torch;

namespace LabelerService.Learning.Heads;

/// <summary>p = softmax(W z + c) (Who Said What, section 3).</summary>
internal sealed class SoftmaxLink(int classes) : HeadLink(classes)
{
    public override int Outputs => Classes;

    public override int Constants => Classes;

    public override void Initialise(Span<float> constants) => constants.Clear();

    public override double Loss<T>(Span<T> outputs, Span<T> constants, int label)
    {
        var most = T.NegativeInfinity;
        for (var k = 0; k < outputs.Length; k++)
        {
            outputs[k] += constants[k];
            most = T.Max(most, outputs[k]);
        }

        var own = outputs[label];
        var sum = T.Zero;
        foreach (ref var logit in outputs)
        {
            logit = T.Exp(logit - most);
            sum += logit;
        }

        // The slope in logit k is p_k − [k = y].
        foreach (ref var logit in outputs)
        {
            logit /= sum;
        }

        outputs[label] -= T.One;
        outputs.CopyTo(constants);
        return double.CreateChecked(most - own + T.Log(sum));
    }

    public override Tensor LogProbabilities(Tensor outputs, Tensor constants) => outputs.Plus(constants).log_softmax(2);

    public override string AppendTo(GraphBuilder graph, string z, Tensor weights, Tensor constants)
    {
        using var bias = constants.reshape(-1);
        return graph.Node("Softmax", "heads", [AppendOutputs(graph, z, weights, bias)], ("axis", -1));
    }
}
