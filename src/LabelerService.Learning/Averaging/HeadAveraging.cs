using LabelerService.Learning.Onnx;
using static TorchSharp.torch;

namespace LabelerService.Learning.Averaging;

/// <summary>How heads are averaged: the weights of an item's heads, and the mixture by them.</summary>
internal abstract class HeadAveraging : IDisposable
{
    /// <summary>Weights [B, R] of items with representation z [B, h]; rows sum to one.</summary>
    public abstract Tensor Weights(Tensor z);

    /// <summary>Adds <see cref="Weights"/> to a serving graph; gives the name of the value.</summary>
    public abstract string AppendWeights(GraphBuilder graph, string z);

    /// <summary>Σ_r w_r p_r: arithmetic mixture [B, K] of distributions [B, R, K] by weights [B, R].</summary>
    public virtual Tensor Mix(Tensor weights, Tensor probabilities) => weights.unsqueeze(1).bmm(probabilities).squeeze(1);

    /// <summary>Adds <see cref="Mix"/> to a serving graph.</summary>
    public virtual string AppendMix(GraphBuilder graph, string weights, string probabilities)
    {
        var axis = graph.Integers("mixture.axis", 1);
        var row = graph.Node("Unsqueeze", "mixture.weights", [weights, axis]);
        return graph.Node("Squeeze", "mixture", [graph.Node("MatMul", "mixture.row", [row, probabilities]), axis]);
    }

    public abstract void Dispose();
}
