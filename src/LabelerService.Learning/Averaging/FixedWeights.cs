using LabelerService.Core.Training;
using LabelerService.Learning.Onnx;
using static TorchSharp.torch;

namespace LabelerService.Learning.Averaging;

/// <summary>The same weights for every item.</summary>
internal sealed class FixedWeights : HeadAveraging
{
    private readonly Tensor _weights;

    /// <summary>Takes over weights [R], summing to one.</summary>
    public FixedWeights(Tensor weights, Mixing mixing = Mixing.Linear)
        : base(mixing) => _weights = weights.detach().to(ScalarType.Float32).DetachFromDisposeScope();

    /// <summary>1/R for each of R heads.</summary>
    public static FixedWeights Equal(int heads) => Proportional([.. Enumerable.Repeat(1.0, heads)], Mixing.Linear);

    /// <summary>Weights in proportion to numbers that are not negative and not all zero.</summary>
    public static FixedWeights Proportional(IReadOnlyList<double> to, Mixing mixing)
    {
        var sum = to.Sum();
        using var scope = NewDisposeScope();
        return new FixedWeights(tensor(to.Select(share => (float)(share / sum)).ToArray()), mixing);
    }

    public override Tensor Weights(Tensor z) => _weights.expand(z.shape[0], _weights.shape[0]);

    public override string AppendWeights(GraphBuilder graph, string z)
    {
        // The weights are the same for every item, but the contract gives each item its own row.
        var batch = graph.Node("Shape", "weights.batch", [z], ("start", 0), ("end", 1));
        var shape = graph.Node("Concat", "weights.shape", [batch, graph.Integers("weights.heads", _weights.shape[0])], ("axis", 0));
        using var row = _weights.view(1, -1);
        return graph.Node("Expand", "weights", [graph.Constant("weights.row", row), shape]);
    }

    public override void Dispose() => _weights.Dispose();
}
