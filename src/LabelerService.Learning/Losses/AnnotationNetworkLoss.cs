using System.Runtime.InteropServices;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Losses;

/// <summary>
/// A head per labeler, trained on that labeler's annotations only, and shrunk towards the shared head, which is trained on all: the doctor
/// net (Who Said What, section 3) with a prior V_r ~ N(0, 1/λ) on what sets a labeler's head apart. Each of a labeler's n_r annotations of
/// a pass carries λ/(2 n_r) · ‖V_r‖², so that the pass as a whole has the prior once and rows that a step does not touch cost nothing.
/// </summary>
internal sealed class AnnotationNetworkLoss : NetworkLoss
{
    private readonly Network _network;
    private readonly float[] _shrinkage;

    /// <summary>Sets the loss up.</summary>
    /// <param name="network">The net's shape.</param>
    /// <param name="annotated">What is trained on: tells how many annotations each head has.</param>
    /// <param name="shrinkage">λ.</param>
    public AnnotationNetworkLoss(Network network, AnnotatedItems annotated, double shrinkage)
    {
        _network = network;
        // The shared head has no prior.
        var counts = new int[network.Heads.Count - 1];
        foreach (var head in annotated.Heads)
        {
            if (head < counts.Length)
            {
                counts[head]++;
            }
        }

        _shrinkage = [.. counts.Select(n => n == 0 ? 0 : (float)(shrinkage / n))];
    }

    public override double Accumulate(BatchPiece piece, ParameterSet parameters)
    {
        var heads = _network.Heads;
        var z = _network.Backbone.Forward(piece.Features, parameters, piece.Dropout);
        var outputs = heads.SharedOutputs(z, parameters);
        var outputsGradient = zeros(piece.Count, heads.Outputs);
        var gradient = zeros(piece.Count, heads.Width);
        var sum = heads.Accumulate(
            Memory(z), Memory(outputs),
            new AnnotationSpans(piece.AnnotationRows, piece.AnnotationHeads, piece.AnnotationClasses), parameters, (float)piece.Scale,
            _shrinkage, Memory(outputsGradient), Memory(gradient));

        if (z.requires_grad)
        {
            autograd.backward([outputs, z], [outputsGradient, gradient]);
        }
        else
        {
            outputs.backward([outputsGradient]);
        }

        return sum;
    }

    private static Span<float> Memory(Tensor tensor) =>
        MemoryMarshal.Cast<byte, float>((tensor.is_contiguous() ? tensor : tensor.detach().contiguous()).bytes);
}
