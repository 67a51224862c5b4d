using LabelerService.Core.Training;
using LabelerService.Learning.Onnx;
using static TorchSharp.torch;

namespace LabelerService.Learning.Averaging;

/// <summary>
/// Weights that depend on the item, softmax(U z + a) (Who Said What, section 3, IWDN), or with a bottleneck softmax(U B z + a) (BIWDN).
/// </summary>
internal sealed class ItemWeights : HeadAveraging
{
    private readonly Tensor _slopes;
    private readonly Tensor _offsets;
    private readonly Tensor? _bottleneck;

    /// <summary>Takes over values.</summary>
    /// <param name="slopes">U [R, m], m the width of what is in front of it.</param>
    /// <param name="offsets">a [R].</param>
    /// <param name="bottleneck">B [m, h]; null where U sees z itself.</param>
    /// <param name="mixing">How heads are mixed.</param>
    public ItemWeights(Tensor slopes, Tensor offsets, Tensor? bottleneck, Mixing mixing)
        : base(mixing) =>
        (_slopes, _offsets, _bottleneck) = (
            slopes.detach().DetachFromDisposeScope(), offsets.detach().DetachFromDisposeScope(), bottleneck?.detach().DetachFromDisposeScope());

    public override Tensor Weights(Tensor z)
    {
        var narrow = _bottleneck is null ? z : z.mm(_bottleneck.t());
        return addmm(_offsets, narrow, _slopes.t(), 1, 1).softmax(1);
    }

    public override string AppendWeights(GraphBuilder graph, string z)
    {
        var narrow = _bottleneck is null
            ? z
            : graph.Node("Gemm", "weights.narrow", [z, graph.Constant("weights.bottleneck", _bottleneck)], ("transB", 1));
        var logits = graph.Node(
            "Gemm", "weights.logits", [narrow, graph.Constant("weights.slopes", _slopes), graph.Constant("weights.offsets", _offsets)],
            ("transB", 1));
        return graph.Node("Softmax", "weights", [logits], ("axis", -1));
    }

    public override void Dispose()
    {
        _slopes.Dispose();
        _offsets.Dispose();
        _bottleneck?.Dispose();
    }
}
