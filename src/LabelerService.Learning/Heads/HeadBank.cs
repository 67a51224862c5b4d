using LabelerService.Learning.Onnx;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Heads;

/// <summary>
/// R softmax heads on a shared representation: p_r(·|z) = softmax(W_r z + c_r) (Who Said What, section 3). In training only the head that
/// an annotation belongs to is computed for it: cost and memory follow the annotations, not items × labelers.
/// </summary>
internal sealed class HeadBank
{
    private readonly ParameterSlot _weight;
    private readonly ParameterSlot _bias;

    public HeadBank(int heads, int classes, int width, ParameterLayout layout)
    {
        Count = heads;
        Classes = classes;
        Width = width;
        _weight = layout.Declare("heads.weight", ParameterRole.Weight, heads, classes, width);
        _bias = layout.Declare("heads.bias", ParameterRole.Bias, heads, classes);
    }

    /// <summary>Number of heads R.</summary>
    public int Count { get; }

    /// <summary>Number of classes K.</summary>
    public int Classes { get; }

    /// <summary>Width h of the representation.</summary>
    public int Width { get; }

    /// <summary>Logits of all heads.</summary>
    /// <param name="z">Representation [N, h].</param>
    /// <param name="parameters">Values to use.</param>
    /// <returns>[N, R, K].</returns>
    public Tensor All(Tensor z, ParameterSet parameters) =>
        addmm(parameters[_bias].view(-1), z, parameters[_weight].view(Count * Classes, Width).t(), 1, 1).view(-1, Count, Classes);

    /// <summary>Logits of one head for each annotation.</summary>
    /// <param name="z">Representation of the annotated items [N, h].</param>
    /// <param name="rows">Row of z of each annotation, int64 [A].</param>
    /// <param name="heads">Head of each annotation, int64 [A].</param>
    /// <param name="parameters">Values to use.</param>
    /// <returns>[A, K].</returns>
    public Tensor Selected(Tensor z, Tensor rows, Tensor heads, ParameterSet parameters)
    {
        var inputs = z.index_select(0, rows).unsqueeze(2);
        var weights = parameters[_weight].index_select(0, heads);
        var biases = parameters[_bias].index_select(0, heads);
        return weights.bmm(inputs).squeeze(2).add(biases);
    }

    /// <summary>Adds the probabilities of all heads [N, R, K] to a serving graph, under the name given.</summary>
    public string AppendTo(GraphBuilder graph, string z, ParameterSet parameters, string output)
    {
        using var weights = parameters[_weight].view(Count * Classes, Width);
        using var biases = parameters[_bias].view(-1);
        var flat = graph.Node(
            "Gemm", "heads.flat", [z, graph.Constant("heads.weight", weights), graph.Constant("heads.bias", biases)], ("transB", 1));
        var logits = graph.Node("Reshape", "heads.logits", [flat, graph.Integers("heads.shape", -1, Count, Classes)]);
        return graph.Node("Softmax", output, [logits], ("axis", -1));
    }
}
