using System.Numerics;
using LabelerService.Core.Training;
using LabelerService.Learning.Onnx;
using static TorchSharp.torch;

namespace LabelerService.Learning.Heads;

/// <summary>
/// How a head turns O linear outputs of the representation and P constants of its own into a distribution over K classes. In training it
/// is worked out by hand for the annotations that exist, elsewhere by libtorch for all heads at once, in serving by the graph.
/// </summary>
/// <param name="classes">Number of classes K.</param>
internal abstract class HeadLink(int classes)
{
    /// <summary>Number of classes K.</summary>
    public int Classes => classes;

    /// <summary>Linear outputs O of a head.</summary>
    public abstract int Outputs { get; }

    /// <summary>Constants P of a head.</summary>
    public abstract int Constants { get; }

    /// <summary>The link that settings ask for.</summary>
    public static HeadLink Create(HeadKind kind, int classes) => kind switch
    {
        HeadKind.Softmax => new SoftmaxLink(classes),
        HeadKind.Cumulative => new CumulativeLink(classes),
        _ => throw new InvalidOperationException($"No head is registered for {kind}."),
    };

    /// <summary>Sets the constants of a head whose outputs are zero so that every class is equally likely.</summary>
    public abstract void Initialise(Span<float> constants);

    /// <summary>−ln p of a label; outputs and constants are replaced by its slopes in them.</summary>
    /// <param name="outputs">[O].</param>
    /// <param name="constants">[P].</param>
    /// <param name="label">The class given.</param>
    public abstract double Loss<T>(Span<T> outputs, Span<T> constants, int label)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>;

    /// <summary>ln p [N, H, K].</summary>
    /// <param name="outputs">[N, H, O].</param>
    /// <param name="constants">[H, P].</param>
    public abstract Tensor LogProbabilities(Tensor outputs, Tensor constants);

    /// <summary>Adds the probabilities [N, H, K] to a serving graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="z">Name of the representation [N, h].</param>
    /// <param name="weights">[H, O, h].</param>
    /// <param name="constants">[H, P].</param>
    public abstract string AppendTo(GraphBuilder graph, string z, Tensor weights, Tensor constants);

    /// <summary>Adds the linear outputs [N, H, O] to a serving graph.</summary>
    protected static string AppendOutputs(GraphBuilder graph, string z, Tensor weights, Tensor? bias)
    {
        var (heads, outputs) = (weights.shape[0], weights.shape[1]);
        using var flat = weights.reshape(heads * outputs, weights.shape[2]);
        string[] inputs = [z, graph.Weight("heads.weight", flat)];
        var product = graph.Node(
            "Gemm", "heads.flat", bias is null ? inputs : [.. inputs, graph.Constant("heads.bias", bias)], ("transB", 1));
        return graph.Node("Reshape", "heads.outputs", [product, graph.Integers("heads.shape", -1, heads, outputs)]);
    }
}
