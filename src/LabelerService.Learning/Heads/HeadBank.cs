using LabelerService.Learning.Losses;
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

    /// <summary>ln p_r(k|z) of all heads.</summary>
    /// <param name="z">Representation [N, h].</param>
    /// <param name="parameters">Values to use.</param>
    /// <returns>[N, R, K].</returns>
    public Tensor LogProbabilities(Tensor z, ParameterSet parameters) =>
        addmm(parameters[_bias].view(-1), z, parameters[_weight].view(Count * Classes, Width).t(), 1, 1).view(-1, Count, Classes).log_softmax(2);

    /// <summary>
    /// The doctor net's loss of some annotations, forward and backward: adds the gradient of scale · loss to that of the heads and of z.
    /// </summary>
    /// <param name="z">Representation of the annotated items, row-major [N, h].</param>
    /// <param name="annotations">The annotations.</param>
    /// <param name="parameters">Values to use; their gradient is added to.</param>
    /// <param name="scale">What the loss is multiplied by for the gradient.</param>
    /// <param name="gradient">Gradient with respect to z, row-major [N, h]; added to.</param>
    /// <returns>Sum of the loss over the annotations, not scaled.</returns>
    public double Accumulate(
        ReadOnlySpan<float> z, AnnotationSpans annotations, ParameterSet parameters, float scale, Span<float> gradient) =>
        AnnotationLoss.Accumulate(
            z, annotations, parameters.ValuesOf(_weight), parameters.ValuesOf(_bias), scale, parameters.GradientsOf(_weight),
            parameters.GradientsOf(_bias), gradient);

    /// <summary>Adds the probabilities of all heads [N, R, K] to a serving graph.</summary>
    public string AppendTo(GraphBuilder graph, string z, ParameterSet parameters)
    {
        using var weights = parameters[_weight].view(Count * Classes, Width);
        using var biases = parameters[_bias].view(-1);
        var flat = graph.Node(
            "Gemm", "heads.flat", [z, graph.Constant("heads.weight", weights), graph.Constant("heads.bias", biases)], ("transB", 1));
        var logits = graph.Node("Reshape", "heads.logits", [flat, graph.Integers("heads.shape", -1, Count, Classes)]);
        return graph.Node("Softmax", "heads", [logits], ("axis", -1));
    }
}
