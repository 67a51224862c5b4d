using System.Runtime.InteropServices;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Losses;

/// <summary>A head per labeler, trained on that labeler's annotations only: the doctor net (Who Said What, section 3).</summary>
/// <param name="network">The net's shape.</param>
internal sealed class AnnotationNetworkLoss(Network network) : NetworkLoss
{
    public override double Accumulate(BatchPiece piece, ParameterSet parameters)
    {
        var z = network.Backbone.Forward(piece.Features, parameters, piece.Dropout);
        var annotations = new AnnotationSpans(
            piece.AnnotationRows, piece.AnnotationHeads, piece.AnnotationClasses, network.Heads.Classes);
        var gradient = zeros(piece.Count, network.Heads.Width);
        var sum = network.Heads.Accumulate(
            MemoryMarshal.Cast<byte, float>(z.detach().contiguous().bytes), annotations, parameters, (float)piece.Scale,
            MemoryMarshal.Cast<byte, float>(gradient.bytes));
        if (z.requires_grad)
        {
            z.backward([gradient]);
        }

        return sum;
    }
}
